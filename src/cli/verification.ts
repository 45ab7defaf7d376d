import type { CheckResult } from "../check/verify/check.ts";
import type { Verification } from "../deploy/verify/verify.ts";
import { errors, type Issue, showPlace } from "../domain/errors.ts";
import { showDuration } from "../domain/time.ts";
import type { CliContext } from "./context.ts";
import { paint } from "./paint.ts";
import { printable } from "./printable.ts";

type Style = Pick<CliContext, "isTerminal" | "color">;
type Outcome = CheckResult["outcome"];

/** A mark where a person looks, a word where a program or a log does. */
const marks: Readonly<
  Record<Outcome, { readonly mark: string; readonly word: string; readonly color: "green" | "yellow" | "red" | "gray" }>
> = {
  fine: { mark: "✓", word: "ok", color: "green" },
  warning: { mark: "!", word: "warning", color: "yellow" },
  wrong: { mark: "✗", word: "WRONG", color: "red" },
  unchecked: { mark: "–", word: "unchecked", color: "gray" },
};

/** What was checked, what is wrong and what to do about it, and what could not be checked and why. */
export function verificationText({ stack, generation, checks, isFine, tookMs }: Verification, style: Style): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap((result) => [
    headLine(result, width, style),
    ...result.findings.flatMap((issue) => findingLines(issue, style)),
    ...uncheckedLines(result, style),
  ]);
  const head = `${paint(style, "bold", stack)}  generation ${generation}`;
  return `${[head, ...lines, "", summary(checks, isFine, tookMs, style)].join("\n")}\n`;
}

function headLine({ name, outcome, seen, findings, unchecked }: CheckResult, width: number, style: Style): string {
  const { mark, word, color } = marks[outcome];
  const shown = style.isTerminal ? mark : word.padEnd(9);
  const many = findings.length > 1 ? `${findings.length} findings` : findings.length === 1 ? "1 finding" : "";
  const what = [seen, many].filter((part) => part !== "").join(", ");
  return `  ${paint(style, color, shown)} ${name.padEnd(width)}  ${what === "" ? printable(unchecked[0] ?? "") : what}`;
}

function findingLines(issue: Issue, style: Style): readonly string[] {
  const place = showPlace(issue.place);
  const message = printable(`${place === "" ? "" : `${place}: `}${issue.message}`);
  return [
    `      ${paint(style, issue.severity === "error" ? "red" : "yellow", message)} [${issue.code}]`,
    `        ${printable(remedyOf(issue))}`,
  ];
}

/** The first reason of a check that could not be made stands behind its name already. */
function uncheckedLines({ outcome, unchecked }: CheckResult, style: Style): readonly string[] {
  const rest = outcome === "unchecked" ? unchecked.slice(1) : unchecked;
  return rest.map((reason) => paint(style, "gray", `      ${outcome === "unchecked" ? "" : "not checked: "}${printable(reason)}`));
}

function summary(checks: readonly CheckResult[], isFine: boolean, tookMs: number, style: Style): string {
  const found = checks.flatMap(({ findings }) => findings);
  const wrong = found.filter(({ severity }) => severity === "error").length;
  const parts = [
    wrong === 0 ? "nothing is wrong" : `${wrong} ${wrong === 1 ? "thing is" : "things are"} wrong`,
    ...(found.length > wrong ? [`${found.length - wrong} to know about`] : []),
    ...(checks.some(({ unchecked }) => unchecked.length > 0) ? [`${checks.flatMap(({ unchecked }) => unchecked).length} not checked`] : []),
  ];
  return `${paint(style, isFine ? "green" : "red", isFine ? "Fine:" : "Wrong:")} ${parts.join(", ")} (${checks.length} checks in ${showDuration(tookMs)}).`;
}

/** The same for programs, remedies included. */
export function verificationJson({ stack, generation, isFine, tookMs, checks }: Verification): object {
  return {
    stack,
    generation,
    fine: isFine,
    tookMs: Math.round(tookMs),
    checks: checks.map(({ findings, ...result }) => ({
      ...result,
      findings: findings.map((issue) => ({ ...issue, remedy: remedyOf(issue) })),
    })),
  };
}

function remedyOf(issue: Issue): string {
  return issue.remedy ?? errors[issue.code].remedy;
}
