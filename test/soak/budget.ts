/** How long one soak file goes on: PHOENIX_SOAK_MS, set by tools/soak.mjs; a minute where somebody runs the file alone. */
export const soakMs = Number(process.env["PHOENIX_SOAK_MS"] ?? 60_000);

/** True until the time is over. */
export function timeLeft(): boolean {
  return performance.now() < soakMs;
}

/** A run can be repeated with the seed that it printed. */
export const seed = Number(process.env["PHOENIX_SOAK_SEED"] ?? Math.floor(Math.random() * 1_000_000));

/** The items in an order that the seed decides. */
export function shuffled<T>(items: readonly T[]): readonly T[] {
  let state = seed || 1;
  const next = (): number => {
    // xorshift: good enough to visit places in another order each night.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return items
    .map((item) => [next(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}
