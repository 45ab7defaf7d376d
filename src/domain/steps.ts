import type { GenerationNumber, ServiceName, StackName } from "./words.ts";

/**
 * The step table: every action that changes the machine during a change, and its arguments.
 * deploy/apply executes them in a record with one entry per name, so a step that nobody executes does not compile,
 * and the failpoint test walks the same names, so a new step is covered by itself.
 */
export type StepArgs = {
  /** Ledger line `pending`: from here on a crash is finished or undone by whoever comes next. */
  "record-pending": { readonly generation: GenerationNumber; readonly from: GenerationNumber };
  "create-secret": { readonly secret: string };
  "stop-unit": { readonly service: ServiceName };
  "remove-network": { readonly network: string };
  /** Only `teardown --volumes` plans this one. */
  "remove-volume": { readonly volume: string };
  /** Only those that GenerateSecret= made, and only with `teardown --volumes`: a secret belongs to the data it protects. */
  "remove-secret": { readonly secret: string };
  /** One rename(2) of the live link; generation 0 removes it. */
  "switch-link": { readonly generation: GenerationNumber };
  "reload-manager": { readonly stack: StackName };
  /** LoadState, SourcePath and FragmentPath of every unit are those of the new generation. */
  "check-loaded": { readonly generation: GenerationNumber };
  "start-unit": { readonly service: ServiceName };
  "restart-unit": { readonly service: ServiceName };
  /** Wait until the generation has proven itself, or failed to. */
  "await-gate": { readonly generation: GenerationNumber };
  /** Ledger line `good`. */
  "record-good": { readonly generation: GenerationNumber };
};

export type StepName = keyof StepArgs;
export type Step = { readonly [N in StepName]: { readonly name: N; readonly because: string } & StepArgs[N] }[StepName];
export type StepOf<N extends StepName> = Extract<Step, { readonly name: N }>;

/** The step names as data, in the order of a full deploy. `satisfies` keeps the list and the table the same. */
const order = {
  "record-pending": 0,
  "create-secret": 1,
  "stop-unit": 2,
  "remove-network": 3,
  "remove-volume": 4,
  "remove-secret": 5,
  "switch-link": 6,
  "reload-manager": 7,
  "check-loaded": 8,
  "start-unit": 9,
  "restart-unit": 10,
  "await-gate": 11,
  "record-good": 12,
} as const satisfies Record<StepName, number>;

export const stepNames = Object.keys(order) as readonly StepName[];
