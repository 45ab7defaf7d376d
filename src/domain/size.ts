const factors: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Reads a number of bytes as systemd writes it: `65536`, `64K`, `64MiB`; K, M and G are powers of 1024. Undefined = not a size. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit = ""] = /^(\d{1,12}(?:\.\d{1,3})?) ?(b|[kmg](?:i?b)?|)$/i.exec(text.trim()) ?? [];
  const factor = factors[unit.slice(0, 1).toLowerCase()];
  return amount === undefined || factor === undefined ? undefined : Math.round(Number(amount) * factor);
}

/** `850 B`, `1.5 KiB`, `64 MiB`: for people. */
export function showSize(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${["B", "KiB", "MiB", "GiB"][power]}`;
}
