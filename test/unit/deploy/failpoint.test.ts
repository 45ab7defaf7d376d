import t from "tap";
import { failpointAt } from "../../../src/deploy/failpoint.ts";
import type { StepName } from "../../../src/domain/steps.ts";

/** Where a deploy dies that walks these steps, as `moment:step` and how many places it passed before. */
function diesAt(text: string, steps: readonly StepName[]): readonly string[] {
  const died: string[] = [];
  let place = "";
  let passed = -1;
  const failpoint = failpointAt(text, () => died.push(`${place} after ${passed} places`));
  for (const step of steps) {
    for (const moment of ["before", "after"] as const) {
      place = `${moment}:${step}`;
      passed += 1;
      failpoint(moment, step);
    }
  }
  return died;
}

const way: readonly StepName[] = ["stop-unit", "stop-unit", "switch-link", "switch-link"];

t.test("a failpoint dies at its place, the first time it is reached and never again", (t) => {
  t.same(diesAt("before:stop-unit", way), ["before:stop-unit after 0 places"]);
  t.same(diesAt("after:switch-link", way), ["after:switch-link after 5 places"]);
  t.end();
});

t.test("with a count it dies only the time that was asked for", (t) => {
  t.same(diesAt("after:stop-unit#2", way), ["after:stop-unit after 3 places"]);
  t.same(diesAt("before:switch-link#1", way), ["before:switch-link after 4 places"]);
  t.same(diesAt("before:switch-link#3", way), []);
  t.end();
});

t.test("a place that does not exist, or a count that is none, never dies", (t) => {
  for (const text of ["", "before", "before:nothing", "during:stop-unit", "before:stop-unit#x", "before:stop-unit#0"]) {
    t.same(diesAt(text, way), [], text);
  }
  t.end();
});
