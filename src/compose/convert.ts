import type { Issue, Place } from "../domain/errors.ts";
import type { UnitDocument } from "../quadlet/document.ts";
import type { ComposeProject } from "./read.ts";

export type ConvertOptions = {
  readonly secrets: boolean;
  readonly allowRisky: boolean;
  readonly strict: boolean;
  readonly unitFolder?: string;
};
export type Conversion = {
  readonly units: readonly UnitDocument[];
  readonly files: readonly { readonly path: string; readonly text: string; readonly mode: 0o600 | 0o644 }[];
  readonly secrets: readonly {
    readonly name: string;
    readonly value:
      | { readonly kind: "text"; readonly text: string }
      | { readonly kind: "environment"; readonly variable: string }
      | { readonly kind: "external" };
    readonly place: Place;
  }[];
  readonly privateUnits: ReadonlySet<string>;
  readonly report: readonly ReportLine[];
  readonly issues: readonly Issue[];
};
export type ReportLine = {
  readonly verdict: "changed" | "not-carried" | "risky";
  readonly key: string;
  readonly place: Place;
  readonly message: string;
  readonly remedy: string;
};
export function convertCompose(_project: ComposeProject, _options: ConvertOptions): Conversion {
  return { units: [], files: [], secrets: [], privateUnits: new Set(), report: [], issues: [] };
}
