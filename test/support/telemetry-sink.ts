import type { Machine } from "./machine.ts";

/**
 * A sink for telemetry inside the machine, a unit of its own. It answers as the file `sink-mode` says: `ok`; `hang` never; a number: with
 * that status; `no WORD`: 400 for a batch that has the word in it. What it took stands in `sink-got`, one item a line in the order
 * in which it came, and every request in `sink-asked`.
 */
const script = `
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
const answer = (request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    const mode = readFileSync("sink-mode", "utf8").trim();
    const { authorization = "", "content-type": type } = request.headers;
    appendFileSync("sink-asked", JSON.stringify({ path: request.url, authorization, type, mode }) + "\\n");
    if (mode === "hang") return;
    const isBad = mode.startsWith("no ") && body.includes(mode.slice(3));
    const status = isBad ? 400 : Number(mode) || 200;
    if (status === 200) for (const item of Object.values(JSON.parse(body)).flat()) appendFileSync("sink-got", JSON.stringify(item) + "\\n");
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(status === 200 ? { accepted: 1, rejected: [] } : { error: "told to" }));
  });
};
const port = Number(process.argv[2]);
http.createServer(answer).listen(port, "127.0.0.1");
if (existsSync("key.pem")) https.createServer({ key: readFileSync("key.pem"), cert: readFileSync("cert.pem") }, answer).listen(port + 1, "127.0.0.1");
`;

export type GotItem = {
  readonly stack: string;
  readonly service: string | null;
  readonly at: string;
  /** Samples only. */
  readonly probe?: string;
  readonly outcome?: string;
  readonly latency_ms?: number | null;
  readonly period_ms?: number;
  /** Events only. */
  readonly kind?: string;
  readonly generation?: number | null;
};

export type TelemetrySink = {
  readonly url: string;
  readonly mode: (mode: string) => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly got: () => Promise<readonly GotItem[]>;
  readonly asked: () => Promise<readonly { readonly path: string; readonly authorization: string; readonly mode: string }[]>;
};

export async function telemetrySink(m: Machine, port: number): Promise<TelemetrySink> {
  await m.writeFile("sink.mjs", script);
  const lines = async <T>(file: string): Promise<readonly T[]> =>
    (await m.stdout(`cat ${file} 2>/dev/null || true`))
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as T);
  const start = async (): Promise<void> => {
    await m.stdout(
      `systemd-run --user --quiet --collect --unit=sink --working-directory="$HOME" node sink.mjs ${port}
      for try in $(seq 100); do (: </dev/tcp/127.0.0.1/${port}) 2>/dev/null && exit; sleep 0.05; done; exit 1`,
    );
  };
  const mode = async (text: string): Promise<void> => await m.writeFile("sink-mode", text);
  await mode("ok");
  return {
    url: `http://127.0.0.1:${port}`,
    mode,
    start,
    stop: async () => void (await m.stdout("systemctl --user stop sink.service")),
    got: () => lines("sink-got"),
    asked: () => lines("sink-asked"),
  };
}
