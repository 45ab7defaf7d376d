import type { ServiceName } from "./words.ts";

/** Whether `to` is found by following `next` from `from`, however many times; a cycle ends it. */
export function reaches(from: ServiceName, to: ServiceName, next: (name: ServiceName) => readonly ServiceName[]): boolean {
  const seen = new Set<ServiceName>();
  const open = [from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === to) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    open.push(...next(name));
  }
  return false;
}
