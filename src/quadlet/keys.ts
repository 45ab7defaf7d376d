/** Questions about the key table. */
import { installKeys, type KeyLine, keyTable, type ParseClass, quadletKeys } from "./key-table.ts";
import { typeSection, type UnitType, unitTypes } from "./names.ts";

export type { ParseClass } from "./key-table.ts";

export type KeyRow = {
  readonly key: string;
  /** First Podman version that has it, `5.3`. */
  readonly since: string;
  readonly parse: ParseClass;
  readonly repeatable: boolean;
  /** The arguments that the generator makes of a value; see key-table.ts. */
  readonly argument: string | undefined;
};

type Table = Readonly<Record<string, KeyLine>>;

const once: readonly ParseClass[] = ["scalar", "bool", "args-last"];

/** What is known about a key of a unit type's own section, or undefined if there is no such key. */
export function keyRow(type: UnitType, key: string): KeyRow | undefined {
  return row(keyTable[type], key);
}

/** The same for any section whose keys Podman knows; systemd's own sections answer undefined. */
export function sectionKeyRow(type: UnitType, section: string, key: string): KeyRow | undefined {
  const table = sectionTable(type, section);
  return table === undefined ? undefined : row(table, key);
}

/** All keys of a section, or undefined where Podman does not look (systemd's own sections and `X-` sections). */
export function sectionKeys(type: UnitType, section: string): readonly string[] | undefined {
  const table = sectionTable(type, section);
  return table === undefined ? undefined : Object.keys(table);
}

/** Every key of a unit type's own section. */
export function keysOf(type: UnitType): readonly string[] {
  return Object.keys(keyTable[type]);
}

/** The unit types whose own section has this key. */
export function typesWithKey(key: string): readonly UnitType[] {
  return unitTypes.filter((type) => Object.hasOwn(keyTable[type], key));
}

function sectionTable(type: UnitType, section: string): Table | undefined {
  if (section === typeSection(type)) return keyTable[type];
  if (section === "Quadlet") return quadletKeys;
  return section === "Install" ? installKeys : undefined;
}

function row(table: Table, key: string): KeyRow | undefined {
  const line = Object.hasOwn(table, key) ? table[key] : undefined;
  if (line === undefined) return undefined;
  const [since, parse, argument] = line;
  return { key, since, parse, argument, repeatable: !once.includes(parse) };
}
