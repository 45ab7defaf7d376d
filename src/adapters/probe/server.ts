import { lstat, mkdir, unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import type { Ms } from "../../domain/words.ts";
import { ask } from "./ask.ts";
import { openOutbox } from "./outbox.ts";
import { restParent } from "./parent.ts";
import { type Answer, answerOf, unasked } from "./question.ts";
import { encode, lineReader, readRequest } from "./wire.ts";

/**
 * The prober: answers probes from inside the rootless network namespace (D8). It holds no state, so it may be killed at any time.
 * Only lean built-in modules are imported here: what it costs is what every machine pays all day.
 */
const atOnceLimit = 256;
/** A bare namespace right after the start is not one that was left behind. */
const settleMs: Ms = 1_000;
/** A network that stays out of reach for so long may be in a newer namespace than ours. */
const doubtMs: Ms = 600_000;

/** Exit codes of `phoenix prober`; systemd starts it again after each of them. */
const exitStopped = 0;
const exitTaken = 1;
const exitStale = 75;

/** Runs until SIGTERM, or until the network namespace it sits in is stale; then ends the process. A returned code = it never ran. */
export async function runProber(socketPath: string): Promise<number> {
  const server = createServer();
  if (!(await listen(server, socketPath))) {
    process.stderr.write(`Another prober listens on ${socketPath}.\n`);
    return exitTaken;
  }
  restParent(process.env);
  const connections = new Set<Socket>();
  const code = await new Promise<number>((end) => {
    const isStale = staleness();
    const answered = (answer: Answer) => {
      const because = isStale(answer);
      if (because === undefined) return;
      process.stderr.write(`${because}; starting again.\n`);
      end(exitStale);
    };
    server.on("connection", (socket) => {
      connections.add(socket);
      socket.on("close", () => connections.delete(socket));
      serve(socket, answered);
    });
    process.once("SIGTERM", () => end(exitStopped));
    process.once("SIGINT", () => end(exitStopped));
  });
  // `end` flushes the last answers; a client that does not read them is not waited for.
  for (const socket of connections) socket.end();
  await new Promise<void>((closed) => {
    server.close(() => closed());
    setTimeout(closed, 200);
  });
  // Questions that are still open may wait for minutes: they must not keep a stale prober alive.
  process.exit(code);
}

/** Questions that came together are mostly answered within a few milliseconds of each other. */
const holdMs: Ms = 10;

let atOnce = 0;

function serve(socket: Socket, answered: (answer: Answer) => void): void {
  const outbox = openOutbox(socket, holdMs);
  const reply = (id: number, answer: Answer) => {
    outbox.put(encode({ id, answer }), () => answered(answer));
    if (atOnce === 0) outbox.flush();
  };
  const read = lineReader((text) => {
    const request = readRequest(text);
    if (request === undefined) return socket.destroy();
    const { id, question } = request;
    // A plain address would be asked without knowing that it lies on this machine.
    if (question.target.kind !== "network") return reply(id, answerOf(unasked("the prober asks networks only")));
    if (atOnce >= atOnceLimit) return reply(id, answerOf(unasked("too many probes at once")));
    atOnce += 1;
    void ask(question).then((answer) => {
      atOnce -= 1;
      reply(id, answer);
    });
  });
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    if (!read(chunk)) socket.destroy();
  });
  socket.on("error", () => socket.destroy());
}

/** Tells from the answers when this namespace is no longer the one that containers join: after `podman system migrate`. */
function staleness(): (answer: Answer) => string | undefined {
  const started = performance.now();
  let covered = started;
  return ({ uncovered }) => {
    const now = performance.now();
    if (uncovered === undefined) covered = now;
    if (uncovered === "bare" && now - started > settleMs) return "Only the loopback interface is left in this network namespace";
    if (uncovered === "network" && now - covered > doubtMs) return "No network was in reach for 10 minutes";
    return undefined;
  };
}

/** False = somebody answers there. A socket without a listener is left over from a killed prober. */
async function listen(server: Server, socketPath: string): Promise<boolean> {
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 });
  if (await isAnswered(socketPath)) return false;
  const left = await lstat(socketPath).catch(() => undefined);
  if (left !== undefined && !left.isSocket()) throw new Error(`${socketPath} is not a socket`);
  if (left !== undefined) await unlink(socketPath);
  const before = process.umask(0o177);
  try {
    await new Promise<void>((listening, failed) => {
      server.once("error", failed);
      server.listen(socketPath, listening);
    });
  } finally {
    process.umask(before);
  }
  return true;
}

async function isAnswered(socketPath: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(socketPath);
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
