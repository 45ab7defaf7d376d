/** What one contender needed in each round. */
export type Series = {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** What else was seen, one short sentence. */
  readonly notes?: string;
};

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? Number.NaN)) / 2 : upper;
}

/** One table: every series with min, median, max, and its median as a multiple of the first one's. Markdown, for docs/benchmarks.md. */
export function table(title: string, series: readonly Series[]): string {
  const [base] = series;
  const baseline = base === undefined ? Number.NaN : median(base.values);
  const head = ["", "min", "median", "max", "ratio", "n", ""];
  const rows = series.map(({ name, unit, values, notes }) => {
    const ratio = median(values) / baseline;
    const figures = [Math.min(...values), median(values), Math.max(...values)].map((value) => show(value, unit));
    return [name, ...figures, Number.isFinite(ratio) ? `${ratio.toFixed(2)} ×` : "", String(values.length), notes ?? ""];
  });
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length), 3));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i === 0 || i === head.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(" | ")} |`;
  const rule = line(widths.map((width, i) => (i === 0 || i === head.length - 1 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)));
  return `\n### ${title}\n\n${[line(head), rule, ...rows.map(line)].join("\n")}\n`;
}

function show(value: number, unit: string): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}
