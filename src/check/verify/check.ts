import type { ErrorCode, Issue } from "../../domain/errors.ts";
import type { GenerationUnit } from "../../domain/generation.ts";
import type { Facts, Known } from "./facts.ts";

/** What one check found. */
export type Look = {
  /** What was looked at, for whoever reads that all is well: "3 services run". */
  readonly seen: string;
  readonly findings: readonly Issue[];
  /** What could not be checked, each with the reason. */
  readonly unchecked: readonly string[];
};

export type CheckResult = Look & {
  readonly name: string;
  readonly outcome: "fine" | "warning" | "wrong" | "unchecked";
};

/** One row of the table: a question about the machine, and the facts that it needs. */
export type Check = {
  readonly name: string;
  /** What it looks at, as docs/reference/checks.md shows it. */
  readonly about: string;
  readonly run: (facts: Facts) => CheckResult;
};

export function check<K extends keyof Known>(
  name: string,
  about: string,
  needs: readonly K[],
  look: (known: Pick<Known, K>) => Look,
): Check {
  return {
    name,
    about,
    run: (facts) => {
      const unknown = needs.flatMap((need) => ("unknown" in facts[need] ? [facts[need].unknown] : []));
      const found =
        unknown.length > 0
          ? { seen: "", findings: [], unchecked: [...new Set(unknown)] }
          : look(
              Object.fromEntries(needs.flatMap((need) => ("known" in facts[need] ? [[need, facts[need].known]] : []))) as Pick<Known, K>,
            );
      return { name, ...found, outcome: outcomeOf(found) };
    },
  };
}

function outcomeOf({ seen, findings, unchecked }: Look): CheckResult["outcome"] {
  if (findings.some((issue) => issue.severity === "error")) return "wrong";
  if (findings.length > 0) return "warning";
  return seen === "" && unchecked.length > 0 ? "unchecked" : "fine";
}

/** A finding about a unit. */
export function finding(code: ErrorCode, unit: Pick<GenerationUnit, "file"> | undefined, message: string, remedy?: string): Issue {
  return {
    severity: "error",
    code,
    message,
    ...(unit === undefined ? {} : { place: { file: unit.file } }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}

/** "1 service", "3 services". */
export function count(number: number, noun: string): string {
  return `${number} ${number === 1 ? noun : `${noun}s`}`;
}
