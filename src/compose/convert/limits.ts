/**
 * Limits of processors, memory and disks, as systemd's own keys: those hold for the whole service, and where a machine hands out no
 * such control group, a unit with them still starts, while `podman run --memory` fails.
 */
import { showPlace } from "../../domain/errors.ts";
import type { ComposeNode } from "../node.ts";
import type { LinesDraft, ServiceDraft } from "./drafts.ts";
import { refuse } from "./notes.ts";
import { putInto } from "./unit.ts";
import { memberOf, textOf } from "./values.ts";

const factors: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** `512 mb`, `1.5g`: Compose counts by 1024, whatever the unit is called. */
export function bytesOf(text: string): number {
  const [, amount = "0", unit = "b"] = /^([\d.]+)\s*([bkmgt]?)/iu.exec(text) ?? [];
  return Math.round(Number(amount) * (factors[unit.toLowerCase()] ?? 1));
}

/** In the largest unit that leaves no rest. */
function showBytes(bytes: number): string {
  const [unit = "b", factor = 1] = Object.entries(factors).findLast(([, one]) => bytes % one === 0) ?? [];
  return `${bytes / factor}${unit === "b" ? "" : unit.toUpperCase()}`;
}

/** What a value becomes; undefined: no limit. */
type Show = (text: string) => string | undefined;

const shows = {
  MemoryMax: showSize,
  MemoryLow: showSize,
  CPUQuota: (text) => (Number(text) === 0 ? undefined : `${Number((Number(text) * 100).toFixed(2))}%`),
  // Docker counts from 2 to 262144, systemd from 1 to 10000; Podman translates the same way.
  CPUWeight: (text) => (Number(text) === 0 ? undefined : String(Math.max(1, 1 + Math.floor(((Number(text) - 2) * 9999) / 262_142)))),
  AllowedCPUs: (text) => text,
  IOWeight: (text) => (Number(text) === 0 ? undefined : text),
} as const satisfies Record<string, Show>;

function showSize(text: string): string | undefined {
  const bytes = bytesOf(text);
  return bytes === 0 || text.startsWith("-") ? undefined : showBytes(bytes);
}

/** A key of `[Service]`. Two keys of Compose that say the same have to agree. */
export function byLimit(key: keyof typeof shows) {
  return (node: ComposeNode, draft: LinesDraft, path: string): void => putLimit(key, shows[key](textOf(node)), node, draft, path);
}

function putLimit(key: string, raw: string | undefined, node: ComposeNode, { unit, notes }: LinesDraft, path: string): void {
  if (raw === undefined) return;
  const other = unit.lines.find((line) => line.section === "Service" && line.key === key && line.raw !== raw);
  if (other === undefined) putInto(unit, "Service", key, raw, node.place);
  else refuse(notes, path, node.place, `${key}= is said otherwise in ${showPlace(other.place)}`);
}

/** Compose counts memory and swap together, systemd swap alone. */
export function putSwapLimit(node: ComposeNode, draft: ServiceDraft, path: string): void {
  const text = textOf(node);
  if (text === "0") return;
  const memory = bytesOf(textOf(memberOf(draft.node, "mem_limit")));
  const swap = bytesOf(text) - memory;
  if (text === "-1") putLimit("MemorySwapMax", "infinity", node, draft, path);
  else if (memory === 0 || swap < 0) refuse(draft.notes, path, node.place, "it counts mem_limit in, so it is not less than that");
  else putLimit("MemorySwapMax", swap === 0 ? "0" : showBytes(swap), node, draft, path);
}

/** So many microseconds of every period, which is 100 ms where nothing is said. */
export function putCpuQuota(node: ComposeNode, draft: ServiceDraft, path: string): void {
  const quota = Number(textOf(node));
  const period = Number(textOf(memberOf(draft.node, "cpu_period")) || 100_000);
  if (quota > 0 && period > 0) putLimit("CPUQuota", `${Number(((quota / period) * 100).toFixed(2))}%`, node, draft, path);
}
