import { setTimeout as sleep } from "node:timers/promises";
import type { Machine } from "./machine.ts";

/**
 * Asks a published port every 50 ms from inside the sandbox and adds up how long it did not answer with 200, in ms.
 * One process that loops: a process for every question would take longer than 50 ms.
 */
export async function watchPort(m: Machine, port: number): Promise<{ readonly stop: () => Promise<number> }> {
  const name = `outage-${port}-${process.hrtime.bigint()}`;
  const script = `
    const http = require("node:http"); const fs = require("node:fs");
    let down = 0, last = Date.now(), open = true;
    const ask = () => new Promise((done) => {
      const request = http.get({ host: "127.0.0.1", port: ${port}, path: "/health", agent: false, timeout: 1000 }, (answer) => { answer.resume(); done(answer.statusCode === 200); });
      request.on("timeout", () => request.destroy()); request.on("error", () => done(false));
    });
    (async () => {
      fs.writeFileSync("${name}.ready", "");
      while (!fs.existsSync("${name}.stop")) {
        const ok = await ask(); const now = Date.now();
        if (!ok) down += now - last; last = now;
        await new Promise((done) => setTimeout(done, 50));
      }
      console.log(down);
    })();`;
  const running = m.run(["env", "--unset=NODE_OPTIONS", "node", "-e", script], { timeoutMs: 300_000 });
  while ((await m.run(["test", "-e", `${name}.ready`])).exitCode !== 0) await sleep(20);
  return {
    stop: async () => {
      await m.stdout(`touch ${name}.stop`);
      const { stdout } = await running;
      await m.stdout(`rm -f ${name}.stop ${name}.ready`);
      return Number(stdout.trim());
    },
  };
}
