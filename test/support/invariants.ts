/** What must be true of a stack after a crash, and once somebody has come by afterwards. */
import { decodeLedger, foldLedger, type LedgerLine, type LedgerState } from "../../src/domain/ledger.ts";
import type { Machine } from "./machine.ts";

export type Found = {
  readonly ledger: LedgerState;
  readonly lines: readonly LedgerLine[];
  readonly damaged: readonly number[];
  /** Generations with a manifest. */
  readonly generations: readonly number[];
  /** The generation that the live link names: 0 = there is no link, undefined = it names something that is not there. */
  readonly live: number | undefined;
  /** Services of the stack that any kept generation knows -> ActiveState. */
  readonly services: ReadonlyMap<string, string>;
  /** Services of the generation that is live. */
  readonly wanted: readonly string[];
  readonly containers: readonly string[];
  /** What only a process that works may have lying about. */
  readonly leftovers: readonly string[];
  readonly httpStatus: number;
  /** `VERSION` of the container that answers at the published port. */
  readonly variant: string;
};

/** Temporary files below these folders whose process is gone. */
const unowned = (folders: string): string => `find ${folders} -name '.tmp-*' 2>/dev/null | while read -r path; do
  owner=\${path##*/.tmp-}; owner=\${owner%%-*}
  began=$(sed 's/.*) //' "/proc/\${owner%.*}/stat" 2>/dev/null | cut -d' ' -f20)
  [ "$began" = "\${owner#*.}" ] || [ ! -e "$path" ] || echo "$path"; done`;

const script = `
state=~/.local/state/phoenix/stacks/$STACK; link=~/.config/containers/systemd/phoenix/$STACK
section() { printf '\\n@@%s\\n' "$1"; }
section ledger; cat "$state/history.jsonl" 2>/dev/null
section generations; for path in "$state"/generations/*/manifest.json; do [ ! -f "$path" ] || { path=\${path%/*}; echo "\${path##*/}"; }; done
section live; if [ -d "$link/" ]; then path=$(readlink "$link"); path=\${path%/*}; echo "\${path##*/}"
  elif [ -e "$link" ] || [ -L "$link" ]; then echo broken; else echo 0; fi
services() { for path in "$@"; do [ -f "$path" ] || continue; name=\${path##*/}; case $name in
  *.container) echo "\${name%.*}.service" ;; *) echo "\${name%.*}-\${name##*.}.service" ;; esac; done; }
section wanted; services "$link"/*
section known; units=$(services "$state"/generations/*/units/*); echo "$units"
section states; [ -z "$units" ] || systemctl --user is-active $units
section containers; podman ps --all --format '{{.Names}}'
section leftovers; ${unowned('"$state" ~/.config/containers')}
section http; curl -s -m 2 -o /dev/null -w '%{http_code}\\n' "http://127.0.0.1:$PORT/health" --next -s -m 2 "http://127.0.0.1:$PORT/version"
true`;

/** A look starts a dozen processes: whoever takes them without pause keeps what he waits for from happening. */
const lookEveryMs = 750;

/** Looks at everything in one process: every look from outside costs a tenth of a second. */
export async function look(m: Machine, stack: string, port: number): Promise<Found> {
  const { stdout: text } = await m.shell(script, { env: { STACK: stack, PORT: String(port) } });
  const sections = new Map(
    text.split("\n@@").map((part) => [part.split("\n", 1)[0]?.replace(/^@@/, "") ?? "", part.slice(part.indexOf("\n") + 1)] as const),
  );
  const rows = (name: string): readonly string[] => (sections.get(name) ?? "").split("\n").filter((row) => row !== "");
  const { lines, damaged } = decodeLedger(sections.get("ledger") ?? "");
  const states = rows("states");
  const [httpStatus, variant] = rows("http");
  const live = rows("live")[0] ?? "broken";
  return {
    ledger: foldLedger(lines),
    lines,
    damaged,
    generations: rows("generations").map(Number),
    live: /^\d+$/.test(live) ? Number(live) : undefined,
    services: new Map(rows("known").map((service, index) => [service, states[index] ?? ""])),
    wanted: rows("wanted"),
    containers: rows("containers").filter((name) => name.startsWith(`systemd-${stack}-`) || name.startsWith(`phoenix-rehearse-${stack}-`)),
    leftovers: rows("leftovers"),
    httpStatus: Number(httpStatus ?? 0),
    variant: variant ?? "",
  };
}

/** What killed processes left in the folders that all stacks share: swept by the next deploy, whosesoever it is. */
export async function sharedLeftovers(m: Machine): Promise<readonly string[]> {
  const { stdout } = await m.shell(unowned('~/.config/phoenix "$XDG_RUNTIME_DIR/phoenix"'));
  return stdout.split("\n").filter((path) => path !== "");
}

/** Right after the crash: nothing is lost, whatever else is unfinished. Returns what is wrong. */
export function faultsOfCrash(found: Found): readonly string[] {
  const { ledger, live, generations, damaged } = found;
  const allowed = ledger.pending === undefined ? [ledger.current] : [ledger.current, ledger.pending.from, ledger.pending.generation];
  return [
    ...damaged.map((line) => `line ${line} of the ledger is damaged`),
    ...(live === undefined ? ["the live link leads nowhere"] : []),
    ...(live !== undefined && live !== 0 && !generations.includes(live) ? [`generation ${live} is live but not there`] : []),
    ...(live !== undefined && !allowed.includes(live) ? [`generation ${live} is live, the ledger knows of ${allowed.join(", ")}`] : []),
  ];
}

/** Once somebody finished or undid it: one generation, and exactly that runs. Returns what is wrong. */
export function faultsOfRest(found: Found): readonly string[] {
  const { ledger, live, services, wanted, containers, leftovers, httpStatus } = found;
  const units = wanted.filter((service) => !/-(network|volume)\.service$/.test(service));
  const names = units.map((service) => `systemd-${service.replace(/\.service$/, "")}`).sort();
  return [
    ...faultsOfCrash(found),
    ...(ledger.pending === undefined ? [] : [`generation ${ledger.pending.generation} is still pending`]),
    ...(live === ledger.current ? [] : [`generation ${live} is live, the ledger says ${ledger.current}`]),
    ...[...services].flatMap(([service, state]) => {
      const should = wanted.includes(service) ? "active" : "inactive";
      // A volume's unit that leaves the stack keeps its volume; its state is of no interest then.
      return state === should || (should === "inactive" && service.endsWith("-volume.service")) ? [] : [`${service} is ${state}`];
    }),
    ...([...containers].sort().join() === names.join() ? [] : [`containers are ${containers.join(", ")}, not ${names.join(", ")}`]),
    ...leftovers.map((path) => `${path} was left behind`),
    ...(live === 0 || httpStatus === 200 ? [] : [`the published port says ${httpStatus}`]),
  ];
}

/** Looks until somebody has put it right. What was seen last; what is still wrong then, the caller says. */
export async function lookUntilRight(
  m: Machine,
  { stack, port }: { readonly stack: string; readonly port: number },
  deadlineMs: number,
  isRight: (found: Found) => boolean = () => true,
): Promise<Found> {
  let found = await look(m, stack, port);
  const ask = async (): Promise<boolean> => {
    found = await look(m, stack, port);
    return isRight(found) && faultsOfRest(found).length === 0;
  };
  await m.waitFor("somebody put it right", ask, deadlineMs, lookEveryMs).catch(() => {});
  return found;
}
