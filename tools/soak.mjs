// `npm run soak -- [--minutes 20] [--seed N]`: kills at every system call, power cuts, thousands of random stacks. Not part of the tests:
// it goes on for as long as it is told to. Ends with `N passed, N failed`.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "20" }, seed: { type: "string" } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  console.error("Cannot soak: --minutes must be a number above 0.");
  process.exit(2);
}

/** The share of the time that each file gets. */
const files = { stacks: 0.15, syscalls: 0.6, power: 0.25 };
const outFolder = "dist/test";

function run(command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, ...env } });
    child.on("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 1));
    child.on("error", () => resolve(1));
  });
}

mkdirSync(outFolder, { recursive: true });
if ((await run(process.execPath, ["tools/bundle.mjs"])) !== 0) process.exit(1);
const rows = [];
for (const [name, share] of Object.entries(files)) {
  const soakMs = Math.round(minutes * 60_000 * share);
  const output = join(outFolder, `soak-${name}.tap`);
  console.log(`\n== ${name}, ${Math.round(soakMs / 1000)} s`);
  const started = performance.now();
  // What is under way when the time is over is ended in peace.
  const timeout = `--timeout=${Math.round(soakMs / 1000) + 600}`;
  const args = ["--reporter=terse", `--output-file=${output}`, "--disable-coverage", timeout, `test/soak/${name}.test.ts`];
  const env = { PHOENIX_SOAK_MS: String(soakMs), ...(values.seed === undefined ? {} : { PHOENIX_SOAK_SEED: values.seed }) };
  const code = await run("node_modules/.bin/tap", args, env);
  const lines = readFileSync(output, "utf8").split("\n");
  // The assertions, not the file that holds them.
  const count = (pattern) => lines.filter((line) => pattern.test(line)).length;
  const counts = { passed: count(/^ +ok /), failed: count(/^ +not ok /) };
  for (const line of lines) if (/^ +# (seed|\d+ (deploys|stacks))/.test(line)) console.log(line.trim());
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  rows.push({ name, ...counts, seconds: ((performance.now() - started) / 1000).toFixed(1) });
}
console.log("");
for (const { name, passed, failed, seconds } of rows) {
  console.log(`${name.padEnd(8)} ${String(passed).padStart(6)} passed ${String(failed).padStart(4)} failed ${seconds.padStart(8)} s`);
}
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
process.exitCode = sum("failed") === 0 ? 0 : 1;
