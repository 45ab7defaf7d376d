import { spawn } from "node:child_process";
import type { StackEvent } from "../../domain/events.ts";
import type { Ms, StackName } from "../../domain/words.ts";
import { entryOf } from "./entry.ts";
import { cut } from "./native.ts";

const deadlineMs: Ms = 2_000;
const longestValue = 8 * 1024;

/**
 * Journals one event from a process that systemd gave no journal socket (a verb, while no agent runs to do it). Best effort: resolves
 * to whether it was handed over, never fails. The fields go by stdin; USER_UNIT makes `journalctl --user -u phoenix` show it.
 */
export function journalThroughLogger(stack: StackName, event: StackEvent): Promise<boolean> {
  const { priority, message, fields } = entryOf(stack, event);
  const all = { ...fields, USER_UNIT: "phoenix.service", SYSLOG_IDENTIFIER: "phoenix", PRIORITY: String(priority), MESSAGE: message };
  const lines = Object.entries(all).map(([key, value]) => `${key}=${cut(value, longestValue).replaceAll(/\p{Cc}+/gu, " ")}`);
  const { PATH = "/usr/bin:/bin" } = process.env;
  return new Promise((resolve) => {
    const child = spawn("logger", ["--journald"], { stdio: ["pipe", "ignore", "ignore"], env: { PATH }, timeout: deadlineMs });
    child.once("error", () => resolve(false));
    child.once("close", (code) => resolve(code === 0));
    child.stdin.on("error", () => {}).end(`${lines.join("\n")}\n`);
  });
}
