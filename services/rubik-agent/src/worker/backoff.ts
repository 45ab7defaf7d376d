const firstMs = 1_000;
const longestMs = 300_000;

/** How long to wait after the attempt of this number: 1 s, 2 s, 4 s … 5 min, a quarter more or less, so that many do not come back at once. */
export function backoffMs(attempt: number, random: number): number {
  return Math.round(Math.min(firstMs * 2 ** (attempt - 1), longestMs) * (0.75 + random / 2));
}
