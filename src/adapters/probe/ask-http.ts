import { connect, isIP, isIPv6, type Socket } from "node:net";
import { addAbortSignal } from "node:stream";
import { type HttpHead, readHttpAnswer } from "./http-answer.ts";
import { failure, success, type Verdict } from "./question.ts";
import { notHttp } from "./socket-error.ts";
import { connectionTo, type Spot } from "./spot.ts";

/** The kubelet's limit: more is a loop, and a failure. */
const redirectLimit = 10;

type Place = { readonly tls: boolean; readonly port: number; readonly path: string };

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

async function get(spot: Spot, place: Place, signal: AbortSignal): Promise<HttpHead> {
  const request = sayGet(spot, place);
  const to = { ...spot, port: place.port };
  const socket = addAbortSignal(signal, place.tls ? await connectTls(to) : connect(connectionTo(to)));
  return await new Promise((resolve, reject) => {
    let text = "";
    const read = (isClosed: boolean): void => {
      const answer = readHttpAnswer(text, isClosed);
      if (answer.state === "whole") resolve(answer.head);
      else if (answer.state === "broken") reject(failed(notHttp, answer.because));
      // A server that breaks off in the middle has not answered.
      else if (isClosed) reject(failed("ECONNRESET", "closed"));
      else return;
      socket.destroy();
    };
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      text += chunk;
      read(false);
    });
    socket.on("error", reject);
    socket.on("close", () => read(true));
    socket.write(request);
  });
}

/** TLS is loaded when the first https probe comes: most probers never need it. */
async function connectTls(spot: Spot): Promise<Socket> {
  const tls = await import("node:tls");
  const { name } = spot;
  return tls.connect({ ...connectionTo(spot), rejectUnauthorized: false, ...(isIP(name) === 0 ? { servername: name } : {}) });
}

/** A name or path with a line break in it would be a second request. */
function sayGet({ name }: Spot, place: Place): string {
  const host = hostHeader(name, place);
  if (!/^[\x21-\x7e]+$/.test(`${host}${place.path}`)) throw new Error("its host or path holds characters that HTTP does not take");
  return `GET ${place.path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: phoenix-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n`;
}

const failed = (code: string, message: string): Error => Object.assign(new Error(message), { code });

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
