import type { Kind } from "./agents.ts";

/** What this process has done since it started, for /metrics and /status. */
export type Tally = {
  readonly ended: (kind: Kind, state: string) => void;
  readonly reclaimed: (count: number) => void;
  readonly answered: (status: number) => void;
  readonly endings: () => readonly { readonly kind: string; readonly state: string; readonly count: number }[];
  readonly answers: () => readonly { readonly status: string; readonly count: number }[];
  readonly reclaims: () => number;
};

export function makeTally(): Tally {
  const endings = new Map<string, number>();
  const answers = new Map<string, number>();
  let reclaims = 0;
  const add = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1);
  return {
    ended: (kind, state) => add(endings, `${kind} ${state}`),
    reclaimed: (count) => {
      reclaims += count;
    },
    answered: (status) => add(answers, String(status)),
    endings: () =>
      [...endings].map(([key, count]) => {
        const [kind = "", state = ""] = key.split(" ");
        return { kind, state, count };
      }),
    answers: () => [...answers].map(([status, count]) => ({ status, count })),
    reclaims: () => reclaims,
  };
}
