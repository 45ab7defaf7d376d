import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ms } from "../../domain/words.ts";
import { failure, success, type Verdict } from "./question.ts";
import { connectionTo, type Spot } from "./spot.ts";

const hearLimitBytes = 8 * 1024;

/** Says something and judges what comes back; undefined = more bytes are needed. */
type Conversation = { readonly say: Buffer; readonly hear: (bytes: Buffer) => Verdict | undefined };

/** StartupMessage of protocol 3.0. Stopping after the server's first message leaves no line in its log, as pg_isready does. */
const startupMessage = ((): Buffer => {
  const body = Buffer.from("user\0postgres\0database\0postgres\0application_name\0phoenix\0\0");
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
})();

const conversations = {
  postgres: { say: startupMessage, hear: hearPostgres },
  redis: { say: Buffer.from("PING\r\n"), hear: hearRedis },
} as const satisfies Record<string, Conversation>;

/** Talks to a server that speaks first or after our first message. */
export async function askServer(kind: keyof typeof conversations, spot: Spot, signal: AbortSignal): Promise<Verdict> {
  const { say, hear } = conversations[kind];
  return await new Promise((resolve, reject) => {
    const socket = connect({ ...connectionTo(spot), signal });
    let heard: Buffer = Buffer.alloc(0);
    socket.on("connect", () => socket.write(say));
    socket.on("data", (bytes) => {
      heard = Buffer.concat([heard, bytes]);
      const verdict = hear(heard) ?? (heard.length > hearLimitBytes ? failure(`not a ${kind} answer`) : undefined);
      if (verdict === undefined) return;
      socket.destroy();
      resolve(verdict);
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(failure("connection closed without an answer")));
  });
}

/**
 * Connected = success. `holdMs`: on the machine's side of a published port a proxy accepts for a dead container and closes at once, so
 * the connection must also stay open that long, or bring a byte.
 */
export async function askTcp(spot: Spot, holdMs: Ms, signal: AbortSignal): Promise<Verdict> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ ...connectionTo(spot), signal });
    const accepted = () => {
      resolve(success("connected"));
      socket.destroy();
    };
    socket.on("connect", () => {
      if (holdMs === 0) return accepted();
      sleep(holdMs, undefined, { signal }).then(accepted, () => {});
    });
    socket.on("data", accepted);
    socket.on("error", reject);
    socket.on("close", () => resolve(failure("accepted and closed at once")));
  });
}

/** `R` (what it wants for authentication) or an error other than "cannot connect now" = it serves. */
function hearPostgres(bytes: Buffer): Verdict | undefined {
  const kind = String.fromCharCode(bytes[0] ?? 0);
  if (kind === "R" || kind === "v") return success("accepts connections");
  if (kind !== "E") return failure("not a postgres answer");
  if (bytes.length < 5) return undefined;
  const length = bytes.readInt32BE(1) + 1;
  if (length > hearLimitBytes) return failure("not a postgres answer");
  if (bytes.length < length) return undefined;
  const fields = bytes.subarray(5, length).toString("latin1").split("\0");
  const state = fields.find((field) => /^C[0-9A-Z]{5}$/.test(field))?.slice(1);
  if (state === undefined) return failure("not a postgres answer");
  return state === "57P03" ? failure("starting up or shutting down (SQLSTATE 57P03)") : success(`accepts connections (SQLSTATE ${state})`);
}

function hearRedis(bytes: Buffer): Verdict | undefined {
  const text = bytes.toString("latin1");
  if (!text.includes("\r\n")) return undefined;
  if (text.startsWith("+PONG")) return success("PONG");
  const word = /^-([A-Z]{1,20})\b/.exec(text)?.[1];
  if (word === undefined) return failure("not a redis answer");
  return word === "NOAUTH" || word === "NOPERM" ? success(`answers ${word}`) : failure(`answers ${word}`);
}
