// `npm run bench`: bundles the program and the benchmarks, and runs them against the sandbox. Arguments: test/bench/bench.ts.
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { bundle } from "./bundle.mjs";

await mkdir("dist/bench", { recursive: true });
await bundle("src/main.ts", "dist/phoenix.mjs");
await bundle("test/bench/inside.ts", "dist/bench/inside.mjs");
// This deep, so that paths from test/support/ still lead to the checkout's root.
await bundle("test/bench/bench.ts", "dist/bench/bench.mjs");
const child = spawn(process.execPath, ["dist/bench/bench.mjs", ...process.argv.slice(2)], { stdio: "inherit" });
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
