/** Exit codes of every verb (docs/reference/errors.md shows the same table; a test holds the two together). */
export const exits = {
  done: 0,
  failed: 1,
  usage: 2,
  unhealthy: 3,
  notFound: 4,
  busy: 5,
  undone: 6,
  broken: 7,
  pending: 8,
} as const;

export type ExitCode = (typeof exits)[keyof typeof exits];

/** What each exit code tells a script. */
export const exitMeanings: Readonly<Record<ExitCode, string>> = {
  0: "done, or nothing to do",
  1: "failed; the message says in which state things are",
  2: "wrong usage or an invalid source; nothing was touched",
  3: "something is not healthy",
  4: "no such stack, unit or generation",
  5: "another change is running",
  6: "refused or undone; the previous generation runs and is proven",
  7: "undone, and the previous generation is not healthy either",
  8: "changes are pending (only `plan --exit-code`)",
};
