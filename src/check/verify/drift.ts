import type { Issue } from "../../domain/errors.ts";
import type { UnitFileDrift, UnitState } from "../../domain/observed.ts";
import { diffGenerations } from "../../plan/diff.ts";
import type { Observed } from "../../plan/observed.ts";
import { parseCommands } from "../../quadlet/exec-start.ts";
import { loadedProblem } from "../loaded.ts";
import { check, count, finding } from "./check.ts";
import type { Known } from "./facts.ts";

export const driftCheck = check(
  "drift",
  "what is loaded and runs was made from the running generation's own text, without overrides, and no change is unfinished",
  ["observed", "drift", "preflight", "boot"],
  ({ observed, drift, preflight, boot }) => ({
    seen: `${count(observed.current.units.length, "unit")} as generation ${observed.current.number} says`,
    findings: [
      ...unfinished(observed),
      ...drift.map(fileDrift),
      ...observed.current.units.flatMap((unit) => {
        const state = observed.units.get(unit.service);
        return state === undefined ? [] : unitDrift(unit.file, state, observed);
      }),
      ...outsideDropIns({ observed, preflight, boot }),
      ...diffGenerations(observed.current, observed)
        .filter((change) => ["restart", "recreate", "stop"].includes(change.action) && change.unit.type !== "volume")
        .map((change) => finding("unit-drift", change.unit, `${change.service} is not as its unit says: ${change.because.join("; ")}.`)),
    ],
    unchecked: [],
  }),
);

function unfinished({ ledger, live, current }: Observed): readonly Issue[] {
  const { pending } = ledger;
  if (pending !== undefined) {
    const message = `A change to generation ${pending.generation} (${pending.verb}) is under way, or was cut off.`;
    return [
      finding(
        "unit-drift",
        undefined,
        message,
        "Wait for it; if nobody works on it, the agent or the next `phoenix deploy` finishes or undoes it.",
      ),
    ];
  }
  if (live === current.number) return [];
  const there = live === undefined ? "something that is not ours" : live === 0 ? "nothing" : `generation ${live}`;
  return [finding("unit-drift", undefined, `The live link should lead to generation ${current.number}, and leads to ${there}.`)];
}

const words = { missing: "is missing", edited: "was edited by hand", foreign: "does not belong there" } as const;

function fileDrift({ file, kind }: UnitFileDrift): Issue {
  return finding("unit-drift", { file }, `The unit file ${file} of the running generation ${words[kind]}.`);
}

/** What vendors ship for every unit is no override. */
const vendor = /^\/(?:usr\/)?(?:local\/)?lib\//u;

function unitDrift(file: string, state: UnitState, { current }: Observed): readonly Issue[] {
  const problem = loadedProblem(state, current.stack, current.number);
  const overrides = state.dropInPaths.filter((path) => !vendor.test(path));
  return [
    // A unit that is not loaded at all does not run either, which `units` says.
    ...(problem === undefined || state.loadState === "not-found"
      ? []
      : [finding("unit-drift", { file }, `What systemd holds is not the running generation: ${problem}.`)]),
    ...overrides.map((path) =>
      finding(
        "unit-drift",
        { file },
        `${state.service} is changed by ${path}.`,
        `Put the change into the stack's folder and deploy it, or remove ${path}.`,
      ),
    ),
  ];
}

/** A drop-in for our unit in another Quadlet folder changes the command that the generator makes. */
function outsideDropIns({ observed, preflight, boot }: Pick<Known, "observed" | "preflight" | "boot">): readonly Issue[] {
  return observed.current.units.flatMap((unit) => {
    const meant = preflight.generated.get(unit.service);
    const made = boot.units.find((other) => other.service === unit.service)?.text;
    if (meant === undefined || made === undefined || commands(meant) === commands(made)) return [];
    const message = `The next reload makes another command of ${unit.file} than its own text says: a drop-in in another Quadlet folder changes it.`;
    return [finding("unit-drift", unit, message, `Look for ${unit.file}.d, and for container.d, in the folders under containers/systemd.`)];
  });
}

/** The order of a generated command's arguments is random. */
function commands(text: string): string {
  return ["ExecStart", "ExecStartPre"]
    .map((line) =>
      parseCommands(text, line)
        .map((command) => command.toSorted().join(" "))
        .join("\n"),
    )
    .join("\n");
}
