import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as soon } from "node:timers/promises";
import { keepDoing } from "../src/worker/rhythm.ts";

/** A pause that never ends by itself: only a poke goes on. */
const everyMs = 1_000_000;

test("a poke means another turn, however many there were meanwhile; more to do means one at once", async () => {
  let turns = 0;
  const rhythm = keepDoing({ what: "count", everyMs, say: () => {}, work: async () => ++turns < 3 });
  await soon();
  equal(turns, 3);
  for (let poke = 0; poke < 5; poke += 1) rhythm.poke();
  await soon();
  equal(turns, 4);
  await rhythm.stop();
  rhythm.poke();
  await soon();
  equal(turns, 4);
});

test("a failure is said when it begins and when it is over", async () => {
  const said: string[] = [];
  let turns = 0;
  const work = async (): Promise<void> => {
    turns += 1;
    if (turns > 1 && turns < 4) throw new Error("it is away");
  };
  const rhythm = keepDoing({ what: "count", everyMs: 1, say: (line) => said.push(line), work });
  while (turns < 5) await soon();
  await rhythm.stop();
  deepEqual(said, ["Cannot count: it is away. Trying again every 0.001 s.", "Can count again."]);
});
