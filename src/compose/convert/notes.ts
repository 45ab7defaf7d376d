/** What is found while converting: what is wrong, and what a person should know. */
import type { Issue, Place } from "../../domain/errors.ts";

/** Something that is not carried one to one. */
export type ReportLine = {
  readonly verdict: "changed" | "not-carried" | "risky";
  /** `services.web.build.ssh` */
  readonly key: string;
  readonly place: Place;
  readonly message: string;
  readonly remedy: string;
};

export type Notes = {
  readonly issues: Issue[];
  readonly report: ReportLine[];
  readonly strict: boolean;
  readonly allowRisky: boolean;
};

export function tell(notes: Notes, line: ReportLine): void {
  notes.report.push(line);
  if (line.verdict === "not-carried" && notes.strict) {
    fault(notes, {
      code: "compose-not-carried",
      message: `Cannot carry ${line.key}: ${line.message}`,
      place: line.place,
      remedy: line.remedy,
    });
  }
}

export function fault(notes: Notes, issue: Omit<Issue, "severity">): void {
  notes.issues.push({ severity: "error", ...issue });
}

/** A value that does not fit: `compose-value`. */
export function refuse(notes: Notes, path: string, place: Place, because: string, remedy?: string): void {
  fault(notes, {
    code: "compose-value",
    message: `Cannot use ${path}: ${because.endsWith("?") ? because : `${because}.`}`,
    place,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** Something that takes away what keeps the container apart from the machine: refused until a person says that it is meant. */
export function risk(notes: Notes, path: string, place: Place, because: string): void {
  const remedy = "Leave it out, or say --allow-risky.";
  if (notes.allowRisky)
    tell(notes, { verdict: "risky", key: path, place, message: because, remedy: "Leave it out if the service can do without." });
  else fault(notes, { code: "compose-risky", message: `${path} is risky: ${because}`, place, remedy });
}
