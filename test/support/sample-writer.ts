import type { Machine } from "./machine.ts";

export type SampleWriter = {
  /** How many samples were acknowledged so far, and how many of those the database has. */
  readonly look: () => Promise<{ readonly acknowledged: number; readonly stored: number }>;
  readonly stop: () => Promise<void>;
};

/**
 * Sends gap-detector a batch of ten samples twenty times a second, from a process of its own, and writes down those that were acknowledged. One that
 * was not may have been stored or not; what was acknowledged must be there whatever happened since.
 */
export async function writeSamples(m: Machine, port: number, token: string): Promise<SampleWriter> {
  const script = `
    const fs = require("node:fs");
    let at = Date.now() - 1000;
    const sample = () => ({ stack: "ledger", service: "writer.service", probe: "http", outcome: "success", latency_ms: 1, period_ms: 1000, at: new Date(at++).toISOString() });
    (async () => {
      for (;; await new Promise((done) => setTimeout(done, 50))) {
        const samples = Array.from({ length: 10 }, sample);
        const headers = { authorization: "Bearer " + process.env.TOKEN, "content-type": "application/json" };
        const answer = await fetch("http://127.0.0.1:${port}/v1/samples", { method: "POST", headers, body: JSON.stringify({ samples }), signal: AbortSignal.timeout(3000) }).then((answer) => answer.json()).catch((error) => ({ error: String(error) }));
        if (answer.accepted !== 10) console.log(JSON.stringify(answer));
        else fs.appendFileSync("acknowledged", samples.map((one) => one.at + "\\n").join(""));
      }
    })();`;
  await m.writeFile("writer.cjs", script);
  await m.writeFile("writer.env", `TOKEN=${token}\n`);
  await m.stdout(
    "systemd-run --user --quiet --unit=writer --property=EnvironmentFile=$HOME/writer.env --working-directory=$HOME node writer.cjs",
  );
  await m.waitFor("the first are acknowledged", async () => (await m.run(["test", "-s", "acknowledged"])).exitCode === 0, 30_000);
  const psql = "podman exec --interactive phoenix-db psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 phoenix";
  const count = `SELECT (SELECT count(*) FROM acknowledged), count(*) FROM samples JOIN series ON series.id = series_id
    JOIN acknowledged USING (at) WHERE stack = 'ledger'`;
  return {
    async look() {
      // A line that is being written is none yet.
      const text = await m.stdout(`grep -a 'Z$' acknowledged | ${psql} --command='CREATE TEMPORARY TABLE acknowledged (at timestamptz(3))' \
        --command='\\copy acknowledged FROM STDIN' --command="${count}"`);
      const [acknowledged = Number.NaN, stored = Number.NaN] = text.split("|").map(Number);
      return { acknowledged, stored };
    },
    async stop() {
      await m.stdout("systemctl --user stop writer.service");
    },
  };
}
