/** Podman versions as they are written: `5.4`, `5.4.2`, `5.8.0-rc1`. Only the numbers count. */
export function isAtLeast(version: string, wanted: string): boolean {
  const have = numbers(version);
  for (const [index, number] of numbers(wanted).entries()) {
    const own = have[index] ?? 0;
    if (own !== number) return own > number;
  }
  return true;
}

function numbers(version: string): readonly number[] {
  return (/\d+(?:\.\d+)*/u.exec(version)?.[0] ?? "0").split(".").map(Number);
}
