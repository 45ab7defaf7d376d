import * as z from "zod";
import { parseSize } from "../../domain/size.ts";
import { parseTimeSpan } from "../../domain/time.ts";
import type { Ms } from "../../domain/words.ts";

/** What `telemetry:` of the config says. */
export type TelemetryConfig = {
  /** `http://127.0.0.1:8000`: batches go to `v1/samples` and `v1/events` below it. */
  readonly url: string;
  /** A file that holds the token; `~/` is the home. */
  readonly tokenFile: string | undefined;
  readonly intervalMs: Ms;
  /** Items of one request. */
  readonly batch: number;
  readonly spoolBytes: number;
  readonly keepMs: Ms;
};

const mib = 1024 * 1024;
const dayMs: Ms = 86_400_000;

export const telemetryDefaults = { intervalMs: 10_000, batch: 500, spoolBytes: 64 * mib, keepMs: 7 * dayMs } as const;

const limits = {
  intervalMs: { least: 1_000, most: 600_000 },
  batch: { least: 1, most: 2_000 },
  spoolBytes: { least: mib / 16, most: 1024 * mib },
  keepMs: { least: 60_000, most: 90 * dayMs },
} as const;

/** `off`, or where to. Null stands for `off`, so that a later file can switch off what an earlier one switched on. */
export const telemetrySchema = z.preprocess(
  (value) => (value === "off" ? null : value),
  z
    .strictObject(
      {
        url: z.string("it is not a URL").superRefine((text, context) => {
          const problem = urlProblem(text);
          if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
        }),
        tokenFile: z
          .string("it is not a path")
          .regex(/^(~\/|\/)[^\0]+$/, "it is not an absolute path")
          .optional(),
        interval: within(parseTimeSpan, limits.intervalMs, "it is not a time span between 1s and 10min"),
        batch: z
          .int("it is not a whole number between 1 and 2000")
          .min(limits.batch.least, "it is less than 1")
          .max(limits.batch.most, "it is more than 2000")
          .optional(),
        spool: within(parseSize, limits.spoolBytes, "it is not a size between 64KiB and 1GiB"),
        keep: within(parseTimeSpan, limits.keepMs, "it is not a time span between 1min and 90d"),
      },
      "it is neither `off` nor a list of keys",
    )
    .superRefine(({ url, tokenFile }, context) => {
      if (tokenFile !== undefined && urlProblem(url) === undefined && !isPrivate(new URL(url)))
        context.addIssue({ code: "custom", path: ["tokenFile"], message: "over http to another machine anybody could read the token" });
    })
    .nullable(),
);

export const telemetryKeys = ["url", "tokenFile", "interval", "batch", "spool", "keep"] as const;

/** With the defaults filled in; undefined = off. */
export function telemetryOf(read: z.infer<typeof telemetrySchema> | undefined): TelemetryConfig | undefined {
  if (read === undefined || read === null) return undefined;
  return {
    url: read.url,
    tokenFile: read.tokenFile,
    intervalMs: read.interval ?? telemetryDefaults.intervalMs,
    batch: read.batch ?? telemetryDefaults.batch,
    spoolBytes: read.spool ?? telemetryDefaults.spoolBytes,
    keepMs: read.keep ?? telemetryDefaults.keepMs,
  };
}

function within(parse: (text: string) => number | undefined, { least, most }: { least: number; most: number }, message: string) {
  return z
    .union([z.string(), z.number()], message)
    .transform((text, context): number => {
      const value = parse(String(text));
      if (value !== undefined && value >= least && value <= most) return value;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    })
    .optional();
}

function urlProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) return "it is not a URL that begins with http:// or https://";
  // It would be printed, journalled and shown by `phoenix status`.
  if (url.username !== "" || url.password !== "") return "it holds a password; put a token into tokenFile";
  if (url.search !== "" || url.hash !== "") return "it has a query or a fragment, and paths are added at its end";
  return undefined;
}

/** Nobody else hears what is said there. */
function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}
