import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { isIP, isIPv6 } from "node:net";
import { failure, success, type Verdict } from "./question.ts";
import type { Spot } from "./spot.ts";

/** The kubelet's limits: a longer body is cut off and counts as read; a redirect loop is a failure. */
const bodyLimitBytes = 10 * 1024;
const redirectLimit = 10;

type Place = { readonly tls: boolean; readonly port: number; readonly path: string };
type Head = { readonly status: number; readonly location: string | undefined };

/**
 * One HTTP question, judged as the kubelet does: 200 to 399 succeeds, redirects within the host are followed, one to another host
 * succeeds with a warning. Certificates are not verified: who is asked is known by its address, and services use their own.
 */
export async function askHttp(spot: Spot, place: { readonly tls: boolean; readonly path: string }, signal: AbortSignal): Promise<Verdict> {
  let next: Place = { ...place, port: spot.port };
  for (let hop = 0; hop <= redirectLimit; hop += 1) {
    const head = await get(spot, next, signal);
    const verdict = head.status >= 200 && head.status < 400 ? success(`HTTP ${head.status}`) : failure(`HTTP ${head.status}`);
    if (head.location === undefined || head.status < 300 || head.status >= 400) return verdict;
    const url = readUrl(head.location, originOf(spot, next));
    if (url === undefined) return success(`HTTP ${head.status}, unreadable redirect`);
    const names = [hostOf(spot.name), hostOf(spot.address)];
    if (!names.includes(url.hostname)) return success(`HTTP ${head.status}, redirect to another host not followed (${cut(url.hostname)})`);
    const tls = url.protocol === "https:";
    next = { tls, port: Number(url.port) || (tls ? 443 : 80), path: `${url.pathname}${url.search}` };
  }
  return failure(`more than ${redirectLimit} redirects`);
}

async function get(spot: Spot, place: Place, signal: AbortSignal): Promise<Head> {
  // TLS is loaded when the first https probe comes: most probers never need it.
  const request = place.tls ? (await import("node:https")).request : requestHttp;
  return await new Promise((resolve, reject) => {
    const outgoing: ClientRequest = request(
      {
        host: spot.address,
        port: place.port,
        path: place.path,
        method: "GET",
        agent: false,
        signal,
        rejectUnauthorized: false,
        ...(isIP(spot.name) === 0 ? { servername: spot.name } : {}),
        headers: { host: hostHeader(spot.name, place), accept: "*/*", "user-agent": "phoenix-probe" },
      },
      (incoming) => readBody(incoming, resolve, reject),
    );
    outgoing.on("error", reject);
    // A 101 is dropped by Node without an error and without an answer.
    outgoing.on("close", () => reject(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
    outgoing.end();
  });
}

/** Waits for the body's end, at most 10 KiB of it: a server that breaks off in the middle has not answered. */
function readBody(incoming: IncomingMessage, resolve: (head: Head) => void, reject: (error: unknown) => void): void {
  const done = () => resolve({ status: incoming.statusCode ?? 0, location: incoming.headers.location });
  let bytes = 0;
  incoming.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes < bodyLimitBytes) return;
    done();
    incoming.destroy();
  });
  incoming.on("end", done);
  incoming.on("error", reject);
}

function originOf(spot: Spot, place: Place): string {
  return `${place.tls ? "https" : "http"}://${bracket(spot.name)}:${place.port}${place.path}`;
}

function readUrl(location: string, base: string): URL | undefined {
  if (!URL.canParse(location, base)) return undefined;
  const url = new URL(location, base);
  return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
}

/** The name as the URL parser writes it, so that `Web` and `web` are one host. */
function hostOf(name: string): string {
  return readUrl(`http://${bracket(name)}`, "http://none")?.hostname ?? name;
}

/** Without the scheme's own port, as browsers send it: some servers redirect to the shorter form for ever. */
function hostHeader(name: string, { tls, port }: Place): string {
  return port === (tls ? 443 : 80) ? bracket(name) : `${bracket(name)}:${port}`;
}

const bracket = (name: string): string => (isIPv6(name) ? `[${name}]` : name);
const cut = (text: string): string => text.slice(0, 100);
