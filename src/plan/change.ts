import type { GenerationUnit } from "../domain/generation.ts";
import type { ServiceName } from "../domain/words.ts";

/**
 * What happens to one unit.
 * add / change / remove: against the generation that runs. policy: its text changes, its process does not.
 * repair: the source is the same but the machine is not (drift). keep: nothing.
 */
export type ChangeKind = "add" | "change" | "remove" | "policy" | "repair" | "keep";

/** What the machine does about it. `recreate` = stop the users, remove the object, start again. */
export type Action = "start" | "restart" | "stop" | "recreate" | "none";

export type Change = {
  readonly kind: ChangeKind;
  readonly action: Action;
  readonly service: ServiceName;
  readonly unit: GenerationUnit;
  /** One reason a line, never empty unless kind is keep. */
  readonly because: readonly string[];
  /** `-` and `+` lines of the unit's text. */
  readonly lines: readonly string[];
};
