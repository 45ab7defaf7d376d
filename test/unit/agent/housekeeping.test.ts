import { readFileSync } from "node:fs";
import fc from "fast-check";
import t from "tap";
import { parse } from "yaml";
import { cronSchedule } from "../../../src/adapters/schedule/cron.ts";
import { configSchema, defaultConfig, readConfig } from "../../../src/agent/config.ts";
import { scheduleMaintenance } from "../../../src/agent/maintenance.ts";
import { telemetryDefaults, telemetryKeys } from "../../../src/agent/telemetry/config.ts";
import { compactLedger } from "../../../src/domain/compact.ts";
import type { StackEvent } from "../../../src/domain/events.ts";
import { foldLedger } from "../../../src/domain/ledger.ts";
import { holds } from "../health/given.ts";
import { good, line, pending } from "./given.ts";

const schedule = cronSchedule({ say: () => {} });
const read = (text: string) => readConfig([{ file: "config.yaml", text }], schedule.problem);
const messages = (text: string) => read(text).issues.map(({ place, message }) => `${place?.line}: ${message}`);

t.test("a config says what it says, and nothing needs to be said", async (t) => {
  t.same(read(""), { config: defaultConfig, issues: [] });
  t.same(read("# only a comment\n").config, defaultConfig);
  t.same(read("log: debug\nrelist: 1min\nmaintenance:\n  schedule: '0 4 * * 0'\n"), {
    config: { ...defaultConfig, log: "debug", relistMs: 60_000, maintenanceSchedule: "0 4 * * 0" },
    issues: [],
  });
  t.equal(read("relist: 45\n").config.relistMs, 45_000);
});

t.test("every mistake is told with its line, and then the defaults count", async (t) => {
  t.same(messages("log: info\nrelsit: 30s\n"), ["2: Cannot use relsit: there is no such key; did you mean relist?"]);
  t.same(messages("maintenance:\n  shedule: x\n"), ["2: Cannot use maintenance.shedule: there is no such key; did you mean schedule?"]);
  t.same(messages("log: loud\n"), ["1: Cannot use log: it is none of error, warning, notice, info, debug."]);
  t.same(messages("\n\nrelist: 1s\n"), ["3: Cannot use relist: it is not a time span between 5s and 10min."]);
  t.match(messages("maintenance:\n  schedule: '99 * * * *'\n"), [/^2: Cannot use maintenance\.schedule: minute/]);
  t.match(messages("log: [\n"), [/^\d: Cannot read the config: /]);
  t.match(messages("- a\n"), [/Cannot use the config: /]);
  t.match(messages("log: info\nlog: debug\n"), [/^2: Cannot read the config: Map keys must be unique/]);
  t.same(read("log: debug\nrelist: x\n").config, defaultConfig);
});

t.test("a later file has the last word about a key, and a mistake in any of them makes the defaults count", async (t) => {
  const both = (one: string, other: string) =>
    readConfig(
      [
        { file: "config.d/stack.yaml", text: one },
        { file: "config.yaml", text: other },
      ],
      schedule.problem,
    );
  const on = "telemetry:\n  url: http://127.0.0.1:8000\n  batch: 7\n";
  t.match(both(on, "log: debug\n").config, { log: "debug", telemetry: { url: "http://127.0.0.1:8000", batch: 7 } });
  t.equal(both(on, "telemetry: off\n").config.telemetry, undefined, "a person can switch off what a program switched on");
  t.match(both(on, "telemetry:\n  url: http://127.0.0.1:9\n").config.telemetry, { url: "http://127.0.0.1:9", batch: 500 });
  t.same(both("log: loud\n", "relist: 1min\n").config, defaultConfig);
  t.match(both("log: loud\n", "relist: 1min\n").issues, [{ place: { file: "config.d/stack.yaml", line: 1 } }]);
});

t.test("what telemetry may not be is told with its line", async (t) => {
  const telemetry = (...lines: readonly string[]) => messages(`telemetry:\n${lines.map((one) => `  ${one}\n`).join("")}`);
  const url = "url: https://example.org/in";
  t.same(telemetry(url, "interval: 1s", "spool: 64K", "keep: 1min", "batch: 2000", "tokenFile: ~/token"), []);
  t.match(messages("telemetry: on\n"), [/^1: Cannot use telemetry: it is neither `off` nor a list of keys/]);
  t.match(telemetry("batch: 1"), [/Cannot use telemetry\.url: it is not a URL/]);
  t.match(telemetry("url: ftp://example.org"), [/^2: Cannot use telemetry\.url: it is not a URL that begins with http/]);
  t.match(telemetry("url: https://me:secret@example.org"), [/^2: .*it holds a password; put a token into tokenFile/]);
  t.notMatch(telemetry("url: https://me:secret@example.org").join(), /secret/);
  t.match(telemetry("url: https://example.org/?a=1"), [/^2: .*query/]);
  t.match(telemetry(url, "tokenfile: /a"), [/^3: .*no such key; did you mean tokenFile\?/]);
  t.match(telemetry(url, "tokenFile: token"), [/^3: .*not an absolute path/]);
  t.match(telemetry(url, "interval: 1h"), [/^3: .*between 1s and 10min/]);
  t.match(telemetry(url, "batch: 0"), [/^3: .*less than 1/]);
  t.match(telemetry(url, "batch: 1.5"), [/^3: .*whole number/]);
  t.match(telemetry(url, "spool: 1KiB"), [/^3: .*between 64KiB and 1GiB/]);
  t.match(telemetry(url, "keep: 1y"), [/^3: .*between 1min and 90d/]);
  t.match(telemetry("url: http://example.org", "tokenFile: /token"), [/^3: .*tokenFile: over http to another machine anybody could read/]);
  for (const here of ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
    t.same(telemetry(`url: ${here}`, "tokenFile: /token"), [], here);
  for (const there of ["http://127.example.org", "http://localhost.example.org"])
    t.match(telemetry(`url: ${there}`, "tokenFile: /token"), [/over http/], there);
});

t.test("no text makes reading the config fail", async (t) => {
  holds(
    t,
    fc.property(fc.string({ unit: fc.constantFrom(..."abl:og relist-[]{}&*!|>'\"%@`,#?\n\t \\0") }), (text) => {
      const { config, issues } = read(text);
      return issues.length === 0 || config === defaultConfig;
    }),
  );
});

t.test("docs/reference/config.md shows every key with its default, and its examples are the defaults", async (t) => {
  const page = readFileSync("docs/reference/config.md", "utf8");
  const [example = "", on = ""] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text);
  t.same(read(example), { config: defaultConfig, issues: [] });
  t.match(read(on), { config: { telemetry: telemetryDefaults }, issues: [] });
  const rows = [...page.matchAll(/^\| `([a-zA-Z.]+)` \|.*\| (.+) \|$/gm)].map(([, key, value]) => [key, value?.replaceAll("`", "")]);
  const { maintenance, ...plain } = parse(example) as { readonly maintenance: object };
  const { telemetry } = parse(on) as { readonly telemetry: object };
  const nested = (name: string, keys: object) => Object.entries(keys).map(([key, value]) => [`${name}.${key}`, String(value)]);
  const needed = ["telemetry.url", "telemetry.tokenFile"];
  t.same(rows, [
    ...Object.entries(plain),
    ...nested("maintenance", maintenance),
    ...nested("telemetry", telemetry).map(([key = "", value]) => [key, needed.includes(key) ? "–" : value]),
  ]);
  t.same(Object.keys(configSchema(() => undefined).shape).sort(), [...Object.keys(plain), "maintenance"].sort());
  t.same(Object.keys(telemetry), telemetryKeys);
});

const service = fc.constantFrom("web.service", "db.service");
const number = fc.integer({ min: 0, max: 5 });
const text = fc.constantFrom("a", "b");
const event: fc.Arbitrary<StackEvent> = fc.oneof(
  fc.record({ event: fc.constant("pending" as const), generation: number, from: number, verb: text }),
  fc.record({ event: fc.constant("good" as const), generation: number, proof: text, tookMs: fc.constant(1) }),
  fc.record({ event: fc.constant("failed" as const), generation: number, digest: text, because: text }),
  fc.record({ event: fc.constant("refused" as const), digest: text, because: text }),
  fc.record({ event: fc.constant("released" as const), digest: text, because: text }),
  fc.record({
    event: fc.constant("rolledBack" as const),
    from: number,
    generation: number,
    healthy: fc.boolean(),
    because: text,
    tookMs: fc.constant(1),
  }),
  fc.record({ event: fc.constant("unhealthy" as const), service, because: text }),
  fc.record({ event: fc.constant("healthy" as const), service, because: text, tookMs: fc.constant(1) }),
  fc.record({ event: fc.constant("restarted" as const), service, because: text, attempt: fc.constant(1) }),
  fc.record({ event: fc.constant("breakerOpened" as const), service, because: text, retryMs: fc.constant(1) }),
  fc.record({ event: fc.constant("breakerClosed" as const), service, because: text }),
  fc.record({ event: fc.constant("stoppedByHand" as const), service }),
  fc.record({ event: fc.constant("startedByHand" as const), service }),
  fc.record({ event: fc.constant("restored" as const), what: text, because: text }),
  fc.record({ event: fc.constant("interrupted" as const), generation: number, because: text }),
);

t.test("a compacted ledger says the same about now, and compacting it again changes nothing", async (t) => {
  holds(
    t,
    fc.property(fc.array(event, { maxLength: 60 }), fc.integer({ min: 0, max: 10 }), (events, kept) => {
      const lines = events.map((one, index) => line(one, index));
      const fewer = compactLedger(lines, kept);
      t.same(foldLedger(fewer), foldLedger(lines));
      if (kept > 0) t.same(fewer.slice(-kept), lines.slice(-kept));
      return compactLedger(fewer, kept).length === fewer.length;
    }),
  );
});

t.test("compacting drops old noise and keeps the newest lines whatever they are", async (t) => {
  const noise = Array.from({ length: 100 }, (_, at) => line({ event: "unhealthy", service: "web.service", because: "no" }, at));
  const lines = [pending(1, 0), good(1), ...noise];
  t.same(compactLedger(lines, 3), [good(1), ...noise.slice(-3)]);
});

/** A small file, as the machine keeps it. */
const fileOf = (text: string | undefined) => {
  const file = {
    text,
    read: async () => file.text,
    write: async (next: string) => {
      file.text = next;
    },
  };
  return file;
};

t.test("maintenance that was missed is caught up once, and its next time is remembered", async (t) => {
  const now = Date.UTC(2026, 0, 5, 12, 0, 0);
  const run = async (text: string | undefined): Promise<{ readonly runs: number; readonly memo: Record<string, unknown> }> => {
    let runs = 0;
    const file = fileOf(text);
    const work = async () => {
      runs += 1;
    };
    const scheduled = await scheduleMaintenance({ expression: "17 3 * * *", schedule, now: () => now, ...file, work });
    scheduled.stop();
    return { runs, memo: JSON.parse(file.text ?? "{}") as Record<string, unknown> };
  };
  const first = await run(undefined);
  t.equal(first.runs, 0);
  t.match(first.memo, { schedule: "17 3 * * *" });
  t.equal(new Date(Number(first.memo["nextRun"])).toISOString().slice(11), "03:17:00.000Z", "in UTC");
  t.match(await run(JSON.stringify({ schedule: "17 3 * * *", nextRun: now - 1 })), { runs: 1, memo: { lastRun: now } });
  t.match(await run(JSON.stringify({ schedule: "17 3 * * *", nextRun: now + 1 })), { runs: 0 });
  t.match(await run(JSON.stringify({ schedule: "0 0 * * *", nextRun: now + 1, lastRun: 7 })), {
    runs: 0,
    memo: { lastRun: 7, schedule: "17 3 * * *" },
  });
  t.equal((await run("torn {")).runs, 0);
});
