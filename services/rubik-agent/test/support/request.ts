import { randomUUID } from "node:crypto";
import type { TaskRequest } from "../../src/task.ts";

/** A task to queue; each test says only what it is about. */
export function someRequest(more: Partial<TaskRequest> = {}): TaskRequest {
  const base = { kind: "detect", payload: {}, priority: 0, runAt: Date.now() - 1_000, maxAttempts: 5, deadlineMs: 60_000 } as const;
  return { id: randomUUID(), ...base, ...more };
}
