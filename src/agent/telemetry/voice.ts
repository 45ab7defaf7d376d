import type { Ms } from "../../domain/words.ts";
import type { Clock, Journal } from "../../ports/store.ts";

/** What may go wrong for a long time and is said once. */
export type Trouble = "away" | "dropping" | "unwritable" | "refused" | "rejected" | "broken";

export type Voice = {
  /** Says it, unless it was said in this episode already. */
  readonly warn: (trouble: Trouble, message: string) => void;
  /** The episode is over. True = its beginning had been said. */
  readonly over: (trouble: Trouble) => boolean;
  readonly note: (message: string) => void;
};

/** An episode that nothing ends (a sink that refuses one item now and then) is over after an hour. */
const episodeMs: Ms = 3_600_000;

/** Telemetry's lines in the journal: it must not fill it with what is hardly worth a line. */
export function openVoice({ say }: Pick<Journal, "say">, { monotonic }: Pick<Clock, "monotonic">): Voice {
  const said = new Map<Trouble, Ms>();
  const endless: readonly Trouble[] = ["refused", "rejected", "broken"];
  return {
    warn: (trouble, message) => {
      const atMs = said.get(trouble);
      if (atMs !== undefined && !(endless.includes(trouble) && monotonic() - atMs >= episodeMs)) return;
      said.set(trouble, monotonic());
      say(4, `Telemetry: ${message}`);
    },
    over: (trouble) => said.delete(trouble),
    note: (message) => say(5, `Telemetry: ${message}`),
  };
}
