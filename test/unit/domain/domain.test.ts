import fc from "fast-check";
import t from "tap";
import { errors, PhoenixError, showPlace } from "../../../src/domain/errors.ts";
import { events, priorityOf, type StackEvent, sayEvent } from "../../../src/domain/events.ts";
import { decodeLedger, encodeLine, foldLedger, type LedgerLine } from "../../../src/domain/ledger.ts";
import { stepNames } from "../../../src/domain/steps.ts";
import { parseTimeSpan, showDuration } from "../../../src/domain/time.ts";
import { isStackName } from "../../../src/domain/words.ts";

const line = (event: StackEvent, at = 1): LedgerLine => ({ ...event, at, by: "test (1)" });
const pending = (generation: number, from: number) => line({ event: "pending", generation, from, verb: "deploy" });
const good = (generation: number) => line({ event: "good", generation, proof: "", tookMs: 1 });
const failed = (generation: number) => line({ event: "failed", generation, digest: `d${generation}`, because: "no" });
const back = (from: number, generation: number) => line({ event: "rolledBack", from, generation, healthy: true, because: "no", tookMs: 1 });

t.test("a ledger line survives a round trip, whatever its text", async (t) => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), (because, at) => {
      const written = line({ event: "refused", digest: "d", because }, at);
      const read = decodeLedger(encodeLine(written));
      t.same(read, { lines: [written], damaged: [] });
    }),
    { numRuns: 50 },
  );
});

t.test("a torn or edited line is skipped and reported, the others stay", async (t) => {
  const text = encodeLine(pending(1, 0)) + encodeLine(good(1));
  for (let cut = 1; cut < encodeLine(good(1)).length; cut++) {
    const { lines } = decodeLedger(text.slice(0, -cut));
    t.ok(lines.length === 1 || (lines.length === 2 && cut === 1), `cut ${cut}`);
  }
  t.same(decodeLedger(text.replace('"generation":1', '"generation":2')).damaged, [1]);
});

t.test("the fold knows what runs, what is unfinished, and what was refused", async (t) => {
  const lines = [pending(1, 0), good(1), pending(2, 1), failed(2)];
  const open = foldLedger(lines);
  t.match(open, { current: 1, good: [1], failed: [2], pending: { generation: 2, from: 1 } });
  t.equal(open.quarantined.get("d2"), "no");
  const closed = foldLedger([...lines, back(2, 1)]);
  t.match(closed, { current: 1, pending: undefined });
  t.equal(foldLedger([...lines, back(2, 1), line({ event: "released", digest: "d2", because: "--force" })]).quarantined.size, 0);
  t.same(foldLedger([pending(1, 0), good(1), pending(2, 1), good(2), pending(1, 2), good(1)]).good, [2, 1]);
});

t.test("what a person stopped stays known until it is started or deployed", async (t) => {
  const stopped = [good(1), line({ event: "stoppedByHand", service: "web.service" })];
  t.ok(foldLedger(stopped).stoppedByHand.has("web.service"));
  t.notOk(foldLedger([...stopped, line({ event: "startedByHand", service: "web.service" })]).stoppedByHand.has("web.service"));
  t.notOk(foldLedger([...stopped, good(2)]).stoppedByHand.has("web.service"));
});

t.test("an open breaker is remembered with its reason", async (t) => {
  const opened = line({ event: "breakerOpened", service: "web.service", because: "5 restarts", retryMs: 600_000 });
  t.equal(foldLedger([opened]).openBreakers.get("web.service")?.because, "5 restarts");
  t.equal(foldLedger([opened, line({ event: "breakerClosed", service: "web.service", because: "healthy" })]).openBreakers.size, 0);
});

t.test("every event can be said in one line with a priority of syslog", async (t) => {
  const sample = {
    generation: 2,
    from: 1,
    verb: "deploy",
    proof: "p",
    tookMs: 1500,
    digest: "d",
    because: "b",
    service: "web.service",
    healthy: true,
    attempt: 1,
    retryMs: 1000,
    what: "w",
  };
  for (const event of Object.keys(events)) {
    const whole = { ...sample, event } as unknown as StackEvent;
    t.notMatch(sayEvent(whole), /undefined|\n/, event);
    t.ok([3, 4, 5, 6].includes(priorityOf(whole)));
  }
});

t.test("every error has a remedy, and carries the exit code of its row", async (t) => {
  for (const [code, { exit, remedy }] of Object.entries(errors)) {
    t.ok(remedy.length > 10 && /[.`]$/.test(remedy), `${code}: ${remedy}`);
    t.equal(new PhoenixError(code as keyof typeof errors, "x").exit, exit);
  }
  t.equal(showPlace({ file: "a", line: 3 }), "a:3");
  t.equal(showPlace({ file: "a" }), "a");
  t.equal(showPlace(undefined), "");
});

t.test("time spans read as systemd and Go write them", async (t) => {
  const spans = { "10": 10_000, "500ms": 500, "1min 30s": 90_000, "1m30s": 90_000, "2h": 7_200_000, "0": 0, "1.5s": 1500 };
  for (const [text, ms] of Object.entries(spans)) t.equal(parseTimeSpan(text), ms, text);
  for (const text of ["", "x", "10 parsecs", "-1", "1e3", "s"]) t.equal(parseTimeSpan(text), undefined, text);
});

t.test("durations are shown as a person says them", async (t) => {
  const shown = { 850: "850 ms", 9500: "9.5 s", 120000: "2 min", 11100000: "3 h 5 min", 7200000: "2 h" };
  for (const [ms, text] of Object.entries(shown)) t.equal(showDuration(Number(ms)), text);
});

t.test("stack names are narrow, because they become paths and bus names", async (t) => {
  for (const name of ["a", "my-app", "0x", "a".repeat(40)]) t.ok(isStackName(name), name);
  for (const name of ["", "-a", "A", "a/b", "..", "a".repeat(41), "a\n"]) t.notOk(isStackName(name), name);
});

t.test("the step names are the table's", async (t) => {
  t.ok(stepNames.includes("switch-link") && stepNames.length > 10);
});

t.test("a ledger line that was written twice counts once", async (t) => {
  const first = encodeLine({ event: "startedByHand", service: "web.service", at: 1, by: "a" });
  const second = encodeLine({ event: "startedByHand", service: "web.service", at: 2, by: "a" });
  const { lines, damaged } = decodeLedger(first + second + first);
  t.same([lines.map(({ at }) => at), damaged], [[1, 2], []]);
});
