// `npm test [suite…]`: type check, lint, unit, cases, bundle, system; a time table, and `N passed, N failed` at the end.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const bin = (name) => join("node_modules/.bin", name);
const outFolder = "dist/test";

/** Every *.test.ts below a folder, sorted. */
function testsIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => join(folder, path))
    .sort();
}

/** One process for a whole room: a process of its own for each of its files costs more than what most of them do. */
function oneFileFor(room, files) {
  const path = join(outFolder, `${room}.test.mjs`);
  writeFileSync(path, files.map((file) => `import ${JSON.stringify(pathToFileURL(resolve(file)).href)};\n`).join(""));
  return path;
}

/** The unit tests, a file for each room. */
function unitTests() {
  const rooms = readdirSync("test/unit", { withFileTypes: true });
  return rooms.map((entry) =>
    entry.isDirectory() ? oneFileFor(entry.name, testsIn(join("test/unit", entry.name))) : join("test/unit", entry.name),
  );
}

/** Its exit code. In the background it gives way to whatever else runs, and says what it has to say when it is over. */
function run(command, args, { background = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: background ? ["ignore", "pipe", "pipe"] : "inherit" });
    const said = [];
    if (background) {
      child.on("spawn", () => setPriority(child.pid, 10));
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => said.push(chunk));
    }
    child.on("close", (code, signal) => {
      process.stdout.write(Buffer.concat(said));
      resolve(signal === null ? (code ?? 1) : 1);
    });
    child.on("error", () => resolve(1));
  });
}

/** A plain command counts as one test. */
async function plain(command, args, options) {
  const code = await run(command, args, options);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Runs tap; the counts come from the closing comment of its own TAP output, so a file that dies still counts as failed. */
async function tap(suite, files, args, options = {}) {
  if (files.length === 0) throw new Error(`No test files for ${suite}`);
  const output = join(outFolder, `${suite}.tap`);
  // In the background nobody watches the counts grow: it tells what failed.
  const reporter = options.background ? "min" : "terse";
  const code = await run(bin("tap"), [`--reporter=${reporter}`, `--output-file=${output}`, ...args, ...files], options);
  const lines = readFileSync(output, "utf8").split("\n");
  const count = (pattern) => lines.filter((line) => pattern.test(line)).length;
  const counts = { passed: count(/^ *ok /), failed: count(/^ *not ok /) };
  if (counts.passed + counts.failed === 0) return { passed: 0, failed: 1 };
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** The rooms that decide. Share of their lines that unit and case tests must run. */
const pureRooms = ["domain", "quadlet", "compose", "stack", "health", "heal", "plan", "check"];
const leastCoverage = 0.9;

/** Unit tests with coverage; too little of it in the pure rooms is one failure. */
async function covered(suite, files, options) {
  // Beside the system tests one after the other, and as slow as those leave them.
  const args = options.background ? ["--jobs=1", "--timeout=600"] : [];
  const counts = await tap(suite, files, ["--coverage-report=json-summary", ...args], options);
  const summary = JSON.parse(readFileSync(".tap/report/coverage-summary.json", "utf8"));
  const rows = Object.entries(summary).filter(([path]) => pureRooms.some((room) => path.includes(`/src/${room}/`)));
  const [hit, total] = rows.reduce(([hit, total], [, { lines }]) => [hit + lines.covered, total + lines.total], [0, 0]);
  console.log(`pure core: ${((100 * hit) / total).toFixed(1)} % of ${total} lines covered (least: ${100 * leastCoverage} %)`);
  const enough = total > 0 && hit / total >= leastCoverage;
  return enough ? { ...counts, passed: counts.passed + 1 } : { ...counts, failed: counts.failed + 1 };
}

const system = (files) => tap("system", files, ["--disable-coverage", "--timeout=1800", "--jobs=3"]);

/**
 * System tests share one sandbox (test/support/machine.ts). It ends with them, its files stay for the next run. What goes wrong here goes
 * wrong in the first test, too, which tells it.
 */
const sandbox = (verb) => run(process.execPath, ["--import=./tools/typescript.mjs", "test/support/shared-sandbox.ts", verb]);

const suites = {
  // TypeScript 7 takes a fifth of the time of 5.9, which tap brings along and puts its plugins together with.
  check: (options) => plain(process.execPath, ["node_modules/typescript-7/bin/tsc", "--noEmit"], options),
  lint: (options) => plain(bin("biome"), ["check", "--error-on-warnings", "."], options),
  unit: (options) => covered("unit", [...unitTests(), "test/cases.test.ts"], options),
  bundle: () => plain(process.execPath, ["tools/bundle.mjs"]),
  system: () => system(testsIn("test/system")),
};

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(suites);
mkdirSync(outFolder, { recursive: true });
const rows = [];

async function suiteOf(suite, options = {}) {
  const started = performance.now();
  if (!options.background) console.log(`\n== ${suite}`);
  const counts = await (suites[suite] ?? (() => Promise.reject(new Error(`No suite ${suite}: ${Object.keys(suites).join(", ")}`))))(
    options,
  );
  return { suite, ...counts, seconds: ((performance.now() - started) / 1000).toFixed(1) };
}

/** System tests wait a tenth of their time for a container, a timer or a probe: what needs nothing but a processor is done in between. */
const background = wanted.includes("system") ? ["check", "lint", "unit"] : ["check", "lint"];
const booted = wanted.includes("system") ? sandbox("up") : undefined;
// Two that began at once would both put tap's plugins together.
if (!existsSync(".tap/plugins")) await run(bin("tap"), ["build"]);
const beside = Promise.all(wanted.filter((suite) => background.includes(suite)).map((suite) => suiteOf(suite, { background: true })));
// One that throws is met below: nobody waiting for it yet must not end everything while the sandbox runs.
beside.catch(() => {});
try {
  for (const suite of wanted.filter((one) => !background.includes(one))) {
    const row = await suiteOf(suite);
    rows.push(row);
    // Without a bundle the system tests would run yesterday's program.
    if (suite === "bundle" && row.failed > 0) break;
  }
  rows.unshift(...(await beside));
} finally {
  if (booted !== undefined) {
    await booted;
    await sandbox("down");
  }
}
console.log("");
for (const { suite, passed, failed, seconds } of rows) {
  console.log(`${suite.padEnd(8)} ${String(passed).padStart(6)} passed ${String(failed).padStart(4)} failed ${seconds.padStart(8)} s`);
}
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
process.exitCode = sum("failed") === 0 ? 0 : 1;
