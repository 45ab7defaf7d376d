import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ms } from "../../domain/words.ts";
import { type Outbox, openOutbox } from "./outbox.ts";
import { type Answer, answerOf, type Question, unasked } from "./question.ts";
import { encode, lineReader, readAnswer } from "./wire.ts";

/** `start` does nothing to a running prober, `restart` replaces one that no longer answers. */
export type StartProber = (how: "start" | "restart") => Promise<void>;

export type ProberClient = { readonly ask: (question: Question) => Promise<Answer>; readonly close: () => void };

/** A cold start makes the network namespace first: a quarter of a second, several under load. */
const connectDeadlineMs: Ms = 5_000;
const connectPauseMs: Ms = 25;
/** After a failed start, probes are errors for so long without another try. */
const cooldownMs: Ms = 2_000;
/** The prober keeps the probe's own deadline; this much later it is the prober that hangs. */
const graceMs: Ms = 1_000;
/** Hung three times in a row: nobody else would notice, since systemd sees a running process. */
const silenceLimit = 3;

type Pending = (answer: Answer) => void;

/** Speaks to phoenix-prober.service, and starts it when it is not there. Nothing here throws: what goes wrong is an `error`. */
export function createProberClient(socketPath: string, start: StartProber): ProberClient {
  const pending = new Map<number, Pending>();
  let connection: Promise<Socket | undefined> | undefined;
  let open: Socket | undefined;
  let outbox: Outbox | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  let lastId = 0;
  let silences = 0;
  let isClosed = false;

  const dropped = (socket: Socket): void => {
    if (open !== socket) return;
    open = undefined;
    connection = undefined;
    for (const answer of [...pending.values()]) answer(answerOf(unasked("the prober went away")));
  };

  const adopt = (socket: Socket): Socket => {
    open = socket;
    outbox = openOutbox(socket, 0);
    const read = lineReader((text) => {
      const message = readAnswer(text);
      if (message === undefined) {
        socket.destroy();
        return;
      }
      silences = 0;
      pending.get(message.id)?.(message.answer);
    });
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      if (!read(chunk)) socket.destroy();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => dropped(socket));
    return socket;
  };

  const establish = async (): Promise<Socket | undefined> => {
    const deadline = performance.now() + connectDeadlineMs;
    let isStarted = false;
    while (!isClosed && performance.now() < deadline) {
      const socket = await tryConnect(socketPath);
      if (socket !== undefined) return adopt(socket);
      if (isStarted) await sleep(connectPauseMs);
      else await within(start("start"), deadline - performance.now());
      isStarted = true;
    }
    failedAt = performance.now();
    connection = undefined;
    return undefined;
  };

  const unanswered = (): Answer => {
    silences += 1;
    open?.destroy();
    if (silences >= silenceLimit) {
      silences = 0;
      failedAt = performance.now();
      void within(start("restart"), connectDeadlineMs);
    }
    return answerOf(unasked("the prober does not answer"));
  };

  return {
    ask: async (question) => {
      if (isClosed || performance.now() - failedAt < cooldownMs) return answerOf(unasked("the prober is not running"));
      connection ??= establish();
      const socket = await connection;
      if (socket === undefined || socket.destroyed) return answerOf(unasked("the prober could not be started"));
      lastId += 1;
      const id = lastId;
      return await new Promise<Answer>((resolve) => {
        const timer = setTimeout(() => settle(unanswered()), question.timeoutMs + graceMs);
        const settle = (answer: Answer): void => {
          clearTimeout(timer);
          pending.delete(id);
          // An idle connection must not keep a finished command running.
          if (pending.size === 0) socket.unref();
          resolve(answer);
        };
        pending.set(id, settle);
        socket.ref();
        outbox?.put(encode({ id, question }));
      });
    },
    close: () => {
      isClosed = true;
      open?.destroy();
    },
  };
}

async function tryConnect(socketPath: string): Promise<Socket | undefined> {
  return await new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", () => {
      socket.destroy();
      resolve(undefined);
    });
  });
}

/** Waits for a start, but not longer than there is time for; whether it worked shows at the socket. */
async function within(work: Promise<void>, timeoutMs: Ms): Promise<void> {
  const timer = new AbortController();
  await Promise.race([work.catch(() => {}), sleep(Math.max(0, timeoutMs), undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
}
