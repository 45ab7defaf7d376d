/** What a Compose file may cost. Real ones stay far below; what is above was made to exhaust whoever reads it. */
export const limits = {
  /** Of one file, in bytes. */
  bytes: 10 * 1024 * 1024,
  /** Of one environment file: no process can be started with more. */
  environmentBytes: 1024 * 1024,
  /** Words, marks, spaces and line ends of one file: what reading takes time for. A file of 500 services has about 100 000. */
  tokens: 200_000,
  /** Collections within collections. */
  depth: 100,
  /** Nodes that aliases and merge keys of one file add to those that are written. */
  aliasNodes: 100_000,
  /** Files that take part, and files that are included, each time counted. */
  files: 500,
  /** Findings of one severity that are told. */
  issues: 200,
  /** Files that include or services that extend one another, in a row. */
  chain: 100,
  /** Defaults within defaults: `${A:-${B:-x}}`. */
  defaults: 50,
  /** Characters that variables add to a project. */
  inserted: 10 * 1024 * 1024,
} as const;
