/** The keys of `[X-Phoenix]`: how each is read, and the words for docs/reference/x-phoenix.md, which a test compares with this table. */
import * as z from "zod";
import type { Probe } from "../domain/policy.ts";
import { parseTimeSpan, showDuration } from "../domain/time.ts";
import type { Ms } from "../domain/words.ts";
import { parseProbe } from "./probe.ts";

/** A reader that says in its message what is allowed. */
function reader<T>(read: (text: string) => { readonly value: T } | { readonly problem: string }) {
  return z.string().transform((text, context): T => {
    const result = read(text);
    if ("value" in result) return result.value;
    context.addIssue({ code: "custom", message: result.problem });
    return z.NEVER;
  });
}

const probe = reader<Probe>((text) => {
  const parsed = parseProbe(text);
  return "probe" in parsed ? { value: parsed.probe } : parsed;
});

function span(min: Ms, max: Ms) {
  const allowed = `allowed is a time span from ${showDuration(min)} to ${showDuration(max)}, such as 500ms, 10s or 1min 30s`;
  return reader<Ms>((text) => {
    const value = parseTimeSpan(text);
    return value === undefined || value < min || value > max ? { problem: allowed } : { value };
  });
}

function count(max: number) {
  return reader<number>((text) => {
    const value = /^\d{1,4}$/u.test(text) ? Number(text) : 0;
    return value < 1 || value > max ? { problem: `allowed is a whole number from 1 to ${max}` } : { value };
  });
}

function word<T extends string>(words: readonly T[]) {
  return reader<T>((text) => {
    const value = words.find((one) => one === text);
    return value === undefined ? { problem: `allowed is ${words.join(" or ")}` } : { value };
  });
}

const yesNo = reader<boolean>((text) => {
  if (/^(?:1|yes|true|on)$/iu.test(text)) return { value: true };
  return /^(?:0|no|false|off)$/iu.test(text) ? { value: false } : { problem: "allowed is yes or no" };
});

const budget = reader<{ readonly restarts: number; readonly windowMs: Ms }>((text) => {
  const [, digits, window = ""] = /^(\d{1,3})\/(.+)$/u.exec(text) ?? [];
  const restarts = Number(digits ?? 0);
  const windowMs = parseTimeSpan(window);
  const isAllowed = restarts >= 1 && windowMs !== undefined && windowMs >= 1000 && windowMs <= day;
  return isAllowed ? { value: { restarts, windowMs } } : { problem: "allowed is a count and a window, such as 5/10min" };
});

const secrets = reader<readonly string[]>((text) => {
  const value = text.split(/\s+/u);
  const isAllowed = value.every((name) => /^[A-Za-z0-9][A-Za-z0-9_.-]{0,252}$/u.test(name));
  return isAllowed ? { value } : { problem: "allowed are names of Podman secrets: letters, digits, and _ . - inside" };
});

const hour = 3_600_000;
const day = 24 * hour;

/** What each key is read with. Anything else in the section is an error. */
export const policySchema = z.strictObject({
  Startup: probe.optional(),
  Readiness: probe.optional(),
  Liveness: probe.optional(),
  Period: span(100, day).optional(),
  Timeout: span(10, hour).optional(),
  InitialDelay: span(0, day).optional(),
  FailureThreshold: count(1000).optional(),
  SuccessThreshold: count(1000).optional(),
  StartupDeadline: span(1000, day).optional(),
  MinHealthy: span(0, day).optional(),
  Heal: word(["restart", "none"]).optional(),
  Grace: span(0, hour).optional(),
  RestartBudget: budget.optional(),
  Rollback: yesNo.optional(),
  Rehearse: word(["auto", "yes", "no"]).optional(),
  GenerateSecret: secrets.optional(),
});

export type PolicyValues = z.infer<typeof policySchema>;
export type PolicyKey = keyof PolicyValues;

type KeyDoc = { readonly meaning: string; readonly example: string; readonly fallback: string };

/** What a person reads about each key. `example` is a value that the schema takes. */
export const policyKeys: Readonly<Record<PolicyKey, KeyDoc>> = {
  Startup: {
    meaning: "Probe: has it started? Until it says yes, the other two do not count.",
    example: "http://:8080/health",
    fallback: "`Readiness=`, else `Liveness=`, else as theirs",
  },
  Readiness: {
    meaning: "Probe: can it serve? The gate waits for it; its failure never restarts anything.",
    example: "postgres://:5432",
    fallback: "`Liveness=`, else as its",
  },
  Liveness: {
    meaning: "Probe: does it still work? Its failure is healed.",
    example: "tcp://:6000",
    fallback: "`podman:` where the unit has `HealthCmd=` or its image a HEALTHCHECK, else `unit:`",
  },
  Period: { meaning: "Time between two probes.", example: "10s", fallback: "10s" },
  Timeout: { meaning: "How long one probe may take.", example: "1s", fallback: "1s" },
  InitialDelay: { meaning: "Time after the start before the first probe.", example: "0", fallback: "0" },
  FailureThreshold: { meaning: "Failures in a row that make it unhealthy.", example: "3", fallback: "3" },
  SuccessThreshold: { meaning: "Successes in a row that make it healthy.", example: "1", fallback: "1" },
  StartupDeadline: {
    meaning: "How long a start may take.",
    example: "2min",
    fallback: "from the `HealthStartup…=` keys or `HealthStartPeriod=`, else 2min",
  },
  MinHealthy: { meaning: "How long it must stay healthy to pass the gate.", example: "10s", fallback: "10s" },
  Heal: { meaning: "What is done when it is unhealthy: `restart` or `none`.", example: "restart", fallback: "restart" },
  Grace: {
    meaning: "Time for a clean stop when healing; then the whole unit is killed.",
    example: "10s",
    fallback: "`StopTimeout=`, else 10s",
  },
  RestartBudget: {
    meaning: "Restarts per window, systemd's included, before Phoenix gives up for a while.",
    example: "5/10min",
    fallback: "5/10min",
  },
  Rollback: { meaning: "Whether its failure undoes a deploy.", example: "yes", fallback: "yes" },
  Rehearse: {
    meaning: "Whether a changed service is tried out beside the live one first: `auto`, `yes` or `no`.",
    example: "auto",
    fallback: "auto",
  },
  GenerateSecret: {
    meaning: "Podman secrets to create before the first start where they are missing: 32 random bytes, never printed. May be repeated.",
    example: "db-password",
    fallback: "none",
  },
};
