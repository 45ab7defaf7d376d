import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { printable } from "../../src/cli/printable.ts";
import { type CaseSettings, caseNames, casesPath, makeCase } from "../support/case-folder.ts";
import { machine, phoenixArgv } from "../support/machine.ts";

/**
 * Every case folder of test/cases through the real program, on a real machine: the very words that `expect.txt` says, exit code 2, and
 * not one byte of the home directory written, by `plan` nor by `deploy`.
 */
const m = await machine(t);
await m.loadTestImage();
const cases = await bringCases();

type Case = { readonly name: string; readonly settings: CaseSettings; readonly expected: Expected };
type Expected = { readonly text: string; readonly isRefused: boolean; readonly errors: number };
type Told = { readonly exitCode: number; readonly stderr: string };

/** All of them in one archive through stdin, into ~/cases/NAME/shop. */
async function bringCases(): Promise<readonly Case[]> {
  const work = mkdtempSync(join(tmpdir(), "phoenix-broken-"));
  t.teardown(() => rmSync(work, { recursive: true, force: true }));
  const made = caseNames().map((name): Case => {
    const settings = makeCase(name, join(work, name, "shop"));
    return { name, settings, expected: expectedOf(readFileSync(join(casesPath, name, "expect.txt"), "utf8")) };
  });
  const archive = execFileSync("tar", ["--create", "--owner=0", "--group=0", `--directory=${work}`, "."], { maxBuffer: 64 * 1024 * 1024 });
  await m.stdout("mkdir cases && base64 -d | tar --extract --no-same-owner --directory=cases", { input: archive.toString("base64") });
  return made;
}

/** `error CODE PLACE / message / remedy`, as the file has it, in the words of the command line. */
function expectedOf(file: string): Expected {
  const blocks = [...file.matchAll(/^(error|warning) (\S+)(?: (.+))?\n {2}(.+)\n {2}(.+)$/gm)];
  const lines = blocks.map(([, severity, code, place, message, remedy]) => {
    return `${severity}: ${place === undefined ? "" : `${place}: `}${message} [${code}]\n  ${remedy}\n`;
  });
  return {
    text: printable(lines.join("")),
    isRefused: file.includes("Nothing is deployed."),
    errors: blocks.filter(([, severity]) => severity === "error").length,
  };
}

/** Runs the verb on each case, two at a time, every word kept apart; the outputs lie outside the home. */
async function tell(verb: "plan" | "deploy", wanted: readonly Case[]): Promise<ReadonlyMap<string, Told>> {
  const lines = wanted.map(
    ({ name, settings }) => `one ${quote(name)} ${settings.name === undefined ? "" : `--stack ${quote(settings.name)}`}`,
  );
  const script = (mine: readonly string[]): string => `unset NODE_OPTIONS
    one() { name=$1; shift; text=$(${phoenixArgv.join(" ")} ${verb} "cases/$name/shop" "$@" 2>&1 >/dev/null; printf '@@%s' $?); printf '\\n@@@%s\\n%s' "$name" "$text"; }
    ${mine.join("\n    ")}`;
  const halves = [0, 1].map((half) => lines.filter((_, index) => index % 2 === half));
  const outputs = await Promise.all(halves.map((half) => m.shell(script(half), { timeoutMs: 240_000 })));
  return new Map(
    outputs
      .flatMap(({ stdout }) => stdout.split("\n@@@").slice(1))
      .map((part) => {
        const [, name = "", stderr = "", exitCode = ""] = /^(\S+)\n(.*)@@(\d+)$/s.exec(part) ?? [];
        return [name, { exitCode: Number(exitCode), stderr: stderr.replaceAll(`${m.home}/cases/${name}`, "/home/me") }] as const;
      }),
  );
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Every entry of the home with its times, so that a file that came and went is seen by its folder's; and what the user has elsewhere.
 * Podman's store and cache are Podman's: of the store only names and sizes count, without its locks and databases.
 */
async function digestOfEverything(): Promise<string> {
  return await m.stdout(`
    find . \\( -path ./.local/share/containers -o -path ./.cache/containers \\) -prune -o -printf '%P %y %m %s %T@ %l\\n' | sort
    find . \\( -path ./.local/share/containers -o -path ./.cache/containers \\) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
    find .local/share/containers -type f ! -name '*.lock' ! -name 'db.sql*' ! -name 'alive*' -printf '%P %s\\n' 2>/dev/null | sort
    (find /tmp /var/tmp /dev/shm /var/lib /srv /run -path /run/user -prune -o -user "$USER" ! -path '/tmp/storage-run-*' -printf '%p\\n' 2>/dev/null || true) | sort
    podman ps -aq; podman images -aq; podman network ls -q; podman volume ls -q; podman secret ls -q
    systemctl --user list-unit-files --no-legend --type=service,socket,target,timer; systemctl --user show -P UnitsLoadTimestampMonotonic`);
}

t.test("no case of a plan is told in other words, and none writes anything", async (t) => {
  // Podman makes its folders when it is first asked.
  await m.stdout("mkdir -p .cache/containers");
  await m.phoenix(["plan", `cases/${cases.find(({ expected }) => !expected.isRefused)?.name}/shop`]);
  const before = await digestOfEverything();
  // Units of another stack are a matter of test/cases.test.ts, which tells every case: here nothing is deployed, and four of five broken
  // ones are enough to show that the program says what the core says.
  const wanted = cases.filter(({ settings, expected }, index) => settings.others === undefined && (!expected.isRefused || index % 5 > 0));
  const told = await tell("plan", wanted);
  t.equal(await digestOfEverything(), before, "nothing was written");
  t.equal(told.size, wanted.length);
  const refused = wanted.filter(({ expected }) => expected.isRefused);
  t.ok(refused.length >= 60, `${refused.length} broken stacks`);
  for (const { name, expected } of refused) {
    const count = `${expected.errors} ${expected.errors === 1 ? "error" : "errors"}`;
    t.same(told.get(name), { exitCode: 2, stderr: `${expected.text}error: Cannot use /home/me/shop: ${count}. [source-invalid]\n` }, name);
  }
  for (const { name, expected } of wanted.filter(({ expected }) => !expected.isRefused)) {
    const { exitCode, stderr } = told.get(name) ?? { exitCode: -1, stderr: "" };
    t.same([exitCode, stderr.slice(0, expected.text.length)], [0, expected.text], `${name}: warned about at most\n${stderr}`);
  }
});

t.test("a deploy of a broken stack leaves everything as it was", async (t) => {
  const refused = cases.filter(({ expected }) => expected.isRefused);
  const some = refused.filter((_, index) => index % 6 === 0);
  const before = await digestOfEverything();
  const told = await tell("deploy", some);
  t.equal(await digestOfEverything(), before, "nothing was written");
  t.ok(some.length >= 12);
  for (const { name, expected } of some) t.match(told.get(name), { exitCode: 2, stderr: expected.text }, name);
});

type Late = { readonly name: string; readonly unit: string; readonly prepare?: string; readonly exitCode: number; readonly why: RegExp };
/** What only the machine can tell: an image that nobody has, a name or a port that somebody has, a line the generator does not take. */
const late: readonly Late[] = [
  {
    name: "an image that is nowhere",
    unit: "Image=localhost/nobody/has-this:1",
    exitCode: 1,
    why: /localhost\/nobody\/has-this:1/,
  },
  {
    name: "a published port that somebody else has",
    unit: `Image=localhost/phoenix-test/server:latest\nPublishPort=127.0.0.1:${m.port(3)}:8080`,
    prepare: `systemd-run --user --quiet --unit=squatter --property=RestartSec=0 busybox nc -ll -p ${m.port(3)} -e /bin/true`,
    exitCode: 2,
    why: /port-taken/,
  },
  {
    name: "a name that a unit of the person's own has",
    unit: "Image=localhost/phoenix-test/server:latest",
    prepare:
      "mkdir -p ~/.config/systemd/user && printf '[Service]\\nExecStart=/bin/true\\n' >~/.config/systemd/user/late.service && systemctl --user daemon-reload",
    exitCode: 2,
    why: /name-taken/,
  },
  {
    name: "a unit that only the generator refuses",
    unit: "Image=localhost/phoenix-test/server:latest\nRemapUsers=nonsense",
    exitCode: 2,
    why: /late\.container/,
  },
];

for (const { name, unit, prepare = "true", exitCode, why } of late) {
  t.test(`${name}: refused before anything is written`, async (t) => {
    await m.stdout(prepare);
    await m.writeFile("late/late.container", `[Container]\n${unit}\n`);
    const before = await digestOfEverything();
    const result = await m.phoenix(["deploy", "late"]);
    t.equal(result.exitCode, exitCode, result.stdout + result.stderr);
    t.match(result.stderr, why);
    t.equal(await digestOfEverything(), before, "nothing was written");
    await m.shell("systemctl --user stop squatter.service; rm -f ~/.config/systemd/user/late.service; systemctl --user daemon-reload");
  });
}
