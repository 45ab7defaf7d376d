/** Values one by one: what the generator would drop, misread or turn into its opposite. */
import type { Issue } from "../domain/errors.ts";
import { isPair, type Pair, sectionPairs, type UnitDocument } from "./document.ts";
import { readValue } from "./escape.ts";
import { deprecatedKeys } from "./key-table.ts";
import { type KeyRow, sectionKeyRow } from "./keys.ts";
import type { UnitType } from "./names.ts";
import type { ValidateOptions } from "./validate.ts";
import { isAtLeast } from "./versions.ts";
import { splitWords } from "./words.ts";

type Found = { readonly severity?: Issue["severity"]; readonly code: Issue["code"]; readonly message: string; readonly remedy?: string };

type Question = {
  readonly pair: Pair;
  readonly row: KeyRow;
  readonly type: UnitType;
  readonly version: string | undefined;
  /** Whether the service sets variables of its own, which are then meant to be expanded. */
  readonly hasEnvironment: boolean;
};

/** Each check looks at one line; the first that finds something speaks for it. */
const checks: readonly ((question: Question) => Found | undefined)[] = [
  checkServiceName,
  checkVersion,
  checkSwitch,
  checkEscapes,
  checkQuotes,
  checkLoneSemicolon,
  checkNumericOwner,
  checkEmpty,
  checkAssignments,
  checkObjectName,
  checkVariables,
  checkDeprecated,
];

export function valueIssues(document: UnitDocument, options: ValidateOptions): readonly Issue[] {
  const hasEnvironment = sectionPairs(document, "Service").some((pair) => pair.key.startsWith("Environment"));
  return document.sections.flatMap((section) => {
    if (section.name.startsWith("X-")) return [];
    return section.entries.filter(isPair).flatMap((pair) => {
      const row = sectionKeyRow(options.type, section.name, pair.key);
      const question = row && { pair, row, type: options.type, version: options.podmanVersion, hasEnvironment };
      const found = (question && firstOf(question)) ?? checkInvisible(pair);
      return found === undefined ? [] : [{ severity: "error", ...found, place: { file: pair.file, line: pair.line } } satisfies Issue];
    });
  });
}

function firstOf(question: Question): Found | undefined {
  for (const check of checks) {
    const found = check(question);
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkServiceName({ row }: Question): Found | undefined {
  if (row.key !== "ServiceName") return undefined;
  return {
    code: "unit-key",
    message: "ServiceName= is not supported: the service is named after the file.",
    remedy: "Remove it, and name the file as the service should be called.",
  };
}

function checkVersion({ row, version }: Question): Found | undefined {
  if (version === undefined || isAtLeast(version, row.since)) return undefined;
  return { code: "unit-version", message: `${row.key}= needs Podman ${row.since} or newer; here it is ${version}.` };
}

/** Everything but a clear yes counts as no for the generator, "enabled" too. */
function checkSwitch({ pair, row }: Question): Found | undefined {
  if (row.parse !== "bool" || /^(?:|1|yes|true|on|0|no|false|off)$/iu.test(unquote(pair.value))) return undefined;
  return {
    code: "unit-value",
    message: `${row.key}=${pair.value} would mean "no": it takes true or false.`,
    remedy: "Write true or false.",
  };
}

function checkEscapes({ pair, row }: Question): Found | undefined {
  const mode = row.parse === "list-words" ? "words" : "args";
  if (row.parse !== "keyval" && !row.parse.includes("args") && mode === "args") return undefined;
  const split = splitWords(pair.value, mode);
  if ("problem" in split) return { code: "unit-escape", message: `${row.key}= ${split.problem}.` };
  if (split.note === undefined) return undefined;
  return { severity: "warning", code: "unit-escape", message: `${row.key}= ${split.note}; the generator removes it.` };
}

/** Podman 5.0 to 5.8.1 strip every double quote at either end of a scalar, not one pair. */
function checkQuotes({ pair, row, version }: Question): Found | undefined {
  if (row.parse !== "scalar" || (version !== undefined && isAtLeast(version, "5.8.2"))) return undefined;
  if (pair.value.replace(/^"+|"+$/gu, "") === unquote(pair.value)) return undefined;
  return {
    code: "unit-escape",
    message: `${row.key}= starts or ends with a double quote, which Podman 5.0 to 5.8.1 strip.`,
    remedy: "Use single quotes there.",
  };
}

/** systemd takes a lone ; for the end of the command, also where it was quoted, since the generator does not quote it again. */
function checkLoneSemicolon({ pair, row, type }: Question): Found | undefined {
  if (row.argument === undefined || row.parse === "keyval" || row.parse === "bool") return undefined;
  const read = readValue(type, row.key, [pair.value]);
  if (!("values" in read) || !read.values.includes(";")) return undefined;
  return {
    code: "unit-escape",
    message: `${row.key}= has a lone ; which ends the command for systemd.`,
    remedy: "Put the command into sh -c '…; …'.",
  };
}

function checkNumericOwner({ pair, row, type }: Question): Found | undefined {
  const isOwner = type === "volume" && ["User", "Group", "UID", "GID"].includes(row.key);
  if (!isOwner || /^(?:|0|[1-9]\d*)$/u.test(unquote(pair.value))) return undefined;
  return {
    code: "unit-value",
    message: `${row.key}=${pair.value} would become 0: a volume's owner must be a decimal number.`,
    remedy: "Write the numeric id.",
  };
}

/** These make an argument of an empty value, which takes the next argument for its own. */
function checkEmpty({ pair, row }: Question): Found | undefined {
  if (unquote(pair.value) !== "" || !["LogDriver", "ExitPolicy"].includes(row.key)) return undefined;
  return { code: "unit-value", message: `${row.key}= must not be empty: the argument after it would be taken for its value.` };
}

function checkAssignments({ pair, row, type, version }: Question): Found | undefined {
  if (row.parse !== "keyval") return undefined;
  const read = readValue(type, row.key, [pair.value]);
  const items = "values" in read ? read.values : [];
  const bare = items.findIndex((item) => !item.includes("="));
  if (bare < 0) return undefined;
  const remedy = `Put the whole item in double quotes: ${row.key}="NAME=some value".`;
  const message = `${row.key}= has "${items[bare]}", which is no NAME=value`;
  if (version !== undefined && !isAtLeast(version, "5.6"))
    return { code: "unit-value", message: `${message}: it would be dropped.`, remedy };
  return bare === 0
    ? undefined
    : { severity: "warning", code: "unit-value", message: `${message}; a value with spaces needs quotes.`, remedy };
}

const nameKeys: readonly string[] = [
  "ContainerName",
  "PodName",
  "NetworkName",
  "VolumeName",
  "HostName",
  "NetworkAlias",
  "Image",
  "ImageTag",
];

function checkObjectName({ pair, row }: Question): Found | undefined {
  if (!nameKeys.includes(row.key) || !/[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}]/u.test(unquote(pair.value))) return undefined;
  return { code: "unit-value", message: `${row.key}= holds white space or an invisible character, which no name can have.` };
}

/** systemd expands `${NAME}` anywhere and `$NAME` as a word of its own, from the service's environment, before Podman sees it. */
function checkVariables({ pair, row, type, hasEnvironment }: Question): Found | undefined {
  if (row.argument === undefined || hasEnvironment) return undefined;
  const read = readValue(type, row.key, [pair.value]);
  const values = "values" in read ? read.values : [];
  if (!values.some((value) => /^\$[A-Za-z_]|(?<!\$)(?:\$\$)*\$\{/u.test(value))) return undefined;
  return {
    severity: "warning",
    code: "unit-value",
    message: `${row.key}= holds a variable that systemd replaces from the service's environment, not the container's.`,
    remedy: "Write $$ for a dollar sign that is meant for the container.",
  };
}

function checkDeprecated({ row }: Question): Found | undefined {
  if (!deprecatedKeys.includes(row.key)) return undefined;
  const instead = row.key === "VolatileTmp" ? "Tmpfs=/tmp or ReadOnlyTmpfs=" : "UserNS=, UIDMap= and GIDMap=";
  return { severity: "warning", code: "unit-key", message: `${row.key}= is deprecated.`, remedy: `Use ${instead}.` };
}

/** Characters that make a line read otherwise than it is (bidirectional overrides) have no business in any unit. */
function checkInvisible(pair: Pair): Found | undefined {
  if (!/[\u202A-\u202E\u2066-\u2069\u200E\u200F\u061C]/u.test(pair.value)) return undefined;
  return {
    severity: "warning",
    code: "unit-value",
    message: `${pair.key}= holds characters that change the reading direction: it may not be what it looks like.`,
  };
}

function unquote(value: string): string {
  return value.length >= 2 && /^".*"$/su.test(value) ? value.slice(1, -1) : value;
}
