import type { GenerationUnit } from "../domain/generation.ts";

/** The lines that differ, `-` before `+`, in the order of the texts; longest common subsequence, as diff(1). */
export function diffLines(before: string, after: string): readonly string[] {
  const old = before === "" ? [] : before.replace(/\n$/, "").split("\n");
  const now = after === "" ? [] : after.replace(/\n$/, "").split("\n");
  const common = table(old, now);
  const out: string[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      i++;
      j++;
    } else if (j >= now.length || (i < old.length && at(common, i + 1, j) >= at(common, i, j + 1))) out.push(`- ${old[i++]}`);
    else out.push(`+ ${now[j++]}`);
  }
  return out;
}

function table(old: readonly string[], now: readonly string[]): readonly (readonly number[])[] {
  const rows: number[][] = Array.from({ length: old.length + 1 }, () => new Array<number>(now.length + 1).fill(0));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const row = rows[i];
      if (row !== undefined) row[j] = old[i] === now[j] ? at(rows, i + 1, j + 1) + 1 : Math.max(at(rows, i + 1, j), at(rows, i, j + 1));
    }
  }
  return rows;
}

function at(rows: readonly (readonly number[])[], i: number, j: number): number {
  return rows[i]?.[j] ?? 0;
}

/** Why a unit restarts, in words: the image, an input file, or the keys whose lines differ. */
export function changedKeys(before: GenerationUnit, after: GenerationUnit): readonly string[] {
  const reasons: string[] = [];
  if (before.image?.id !== after.image?.id) {
    reasons.push(`image ${after.image?.reference ?? ""} ${short(before.image?.id)} → ${short(after.image?.id)}`.replace("  ", " "));
  }
  for (const input of after.inputs) {
    const old = before.inputs.find((other) => other.source === input.source);
    if (old !== undefined && old.digest !== input.digest) reasons.push(`${input.source} changed`);
  }
  const skipped = new Set([...after.inputs, ...before.inputs].map((input) => input.path));
  const keys = new Set<string>();
  for (const line of diffLines(before.text, after.text)) {
    const key = line.slice(2).split("=", 1)[0] ?? "";
    if (key === "" || key.startsWith("#") || key.startsWith(";") || key.startsWith("[")) continue;
    if (line.includes("io.phoenix.")) continue;
    if (key === "Image" && reasons[0]?.startsWith("image ")) continue;
    if ([...skipped].some((path) => line.includes(path))) continue;
    keys.add(key);
  }
  if (keys.size > 0) reasons.push(`${[...keys].join(", ")} changed`);
  return reasons.length > 0 ? reasons : ["its text changed"];
}

function short(id: string | undefined): string {
  return id === undefined || id === "" ? "(none)" : id.slice(0, 12);
}
