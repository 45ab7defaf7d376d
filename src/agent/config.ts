import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import * as z from "zod";
import type { Issue, Place } from "../domain/errors.ts";
import { parseTimeSpan } from "../domain/time.ts";
import type { Ms } from "../domain/words.ts";
import { nearest } from "../quadlet/nearest.ts";
import { type TelemetryConfig, telemetryKeys, telemetryOf, telemetrySchema } from "./telemetry/config.ts";

const logLevels = ["error", "warning", "notice", "info", "debug"] as const;

/** What `~/.config/phoenix/config.yaml`, and the files in `config.d` beside it, may say about the agent. */
export type AgentConfig = {
  /** The least important lines that are journalled. */
  readonly log: (typeof logLevels)[number];
  /** How often everything is looked at, whatever the signals told. */
  readonly relistMs: Ms;
  /** When the nightly work is done: a cron expression, in UTC. */
  readonly maintenanceSchedule: string;
  /** Where samples and events are sent to; undefined = nowhere. */
  readonly telemetry: TelemetryConfig | undefined;
};

export const defaultConfig: AgentConfig = { log: "info", relistMs: 30_000, maintenanceSchedule: "17 3 * * *", telemetry: undefined };

const relist = { leastMs: 5_000, mostMs: 600_000 } as const;

/** The schema, for a machine whose schedules are checked by `scheduleProblem`. */
export function configSchema(scheduleProblem: (expression: string) => string | undefined) {
  return z.strictObject({
    log: z.enum(logLevels, `it is none of ${logLevels.join(", ")}`).optional(),
    relist: z
      .union([z.string(), z.number()], "it is not a time span")
      .transform((text, context): Ms => {
        const ms = parseTimeSpan(String(text));
        if (ms !== undefined && ms >= relist.leastMs && ms <= relist.mostMs) return ms;
        context.addIssue({ code: "custom", message: "it is not a time span between 5s and 10min" });
        return z.NEVER;
      })
      .optional(),
    maintenance: z
      .strictObject({
        schedule: z
          .string("it is not a cron expression")
          .superRefine((text, context) => {
            const problem = scheduleProblem(text);
            if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
          })
          .optional(),
      })
      .optional(),
    telemetry: telemetrySchema.optional(),
  });
}

/** Keys below a key, for a hint. */
const keysBelow: Readonly<Record<string, readonly string[]>> = { maintenance: ["schedule"], telemetry: telemetryKeys };

export type ConfigFile = { readonly file: string; readonly text: string };
export type ReadConfig = { readonly config: AgentConfig; readonly issues: readonly Issue[] };
type Values = z.infer<ReturnType<typeof configSchema>>;

/**
 * Reads config files: what a later one says about a key counts, all of it. With any mistake in any of them the defaults count, for
 * everything: half a config is nobody's wish.
 */
export function readConfig(files: readonly ConfigFile[], scheduleProblem: (expression: string) => string | undefined): ReadConfig {
  const read = files.map((file) => readFile(file, configSchema(scheduleProblem)));
  const issues = read.flatMap((one) => one.issues);
  if (issues.length > 0) return { config: defaultConfig, issues };
  const { log, relist: relistMs, maintenance, telemetry }: Values = Object.assign({}, ...read.map(({ values }) => values));
  return {
    config: {
      log: log ?? defaultConfig.log,
      relistMs: relistMs ?? defaultConfig.relistMs,
      maintenanceSchedule: maintenance?.schedule ?? defaultConfig.maintenanceSchedule,
      telemetry: telemetryOf(telemetry),
    },
    issues,
  };
}

function readFile(
  { file, text }: ConfigFile,
  schema: ReturnType<typeof configSchema>,
): { readonly values: Values; readonly issues: readonly Issue[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number | undefined): Place => ({ file, ...(offset === undefined ? {} : { line: lines.linePos(offset).line }) });
  const wrong = (message: string, offset: number | undefined): Issue => ({
    severity: "error",
    code: "config-invalid",
    message,
    place: placeOf(offset),
  });
  if (document.errors.length > 0)
    return {
      values: {},
      issues: document.errors.map((error) => wrong(`Cannot read the config: ${firstLine(error.message)}.`, error.pos[0])),
    };
  let values: unknown;
  try {
    values = document.toJS() ?? {};
  } catch (error) {
    // An alias without its anchor, or so many of them that they must be an attack.
    return { values: {}, issues: [wrong(`Cannot read the config: ${firstLine(sayError(error))}.`, undefined)] };
  }
  const parsed = schema.safeParse(values);
  if (parsed.success) return { values: parsed.data, issues: [] };
  const offsetOf = (path: readonly PropertyKey[]): number | undefined => offsetIn(document.contents, path);
  const issues = parsed.error.issues.flatMap((issue): readonly Issue[] => {
    if (issue.code !== "unrecognized_keys") {
      const name = issue.path.length === 0 ? "the config" : issue.path.join(".");
      return [wrong(`Cannot use ${name}: ${issue.message}.`, offsetOf(issue.path))];
    }
    const known = keysBelow[String(issue.path[0])] ?? Object.keys(schema.shape);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      const name = [...issue.path, key].join(".");
      return wrong(
        `Cannot use ${name}: there is no such key${near === undefined ? "." : `; did you mean ${near}?`}`,
        offsetOf([...issue.path, key]),
      );
    });
  });
  return { values: {}, issues };
}

/** Where the key of a path stands. */
function offsetIn(node: unknown, path: readonly PropertyKey[]): number | undefined {
  const [key, ...rest] = path;
  if (key === undefined || !isMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
  if (pair === undefined) return undefined;
  return (rest.length === 0 ? undefined : offsetIn(pair.value, rest)) ?? (isScalar(pair.key) ? pair.key.range?.[0] : undefined);
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? "").replace(/\.$/, "");
}

function sayError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
