import { PhoenixError } from "../../domain/errors.ts";
import type { Ms } from "../../domain/words.ts";
import { daemonCall } from "./bus.ts";
import { type Connection, openConnection } from "./connection.ts";
import { forgive, names } from "./failure.ts";

/** A bus name that we hold, on a connection of its own: whoever dies frees it within milliseconds. */
export type HeldName = {
  /** Resolves when the name is ours no longer, by whatever cause. */
  readonly lost: Promise<void>;
  readonly release: () => Promise<void>;
};

const doNotQueue = 4;
const primaryOwner = 1;
const alreadyOwner = 4;
/** Behind NameOwnerChanged, for a signal that never comes. */
const retryMs: Ms = 500;
const releaseTimeoutMs: Ms = 1_000;

/** Takes a name as soon as it is free, at most after `waitMs`; undefined = somebody else still holds it. */
export async function takeName(socketPath: string, name: string, waitMs: Ms): Promise<HeldName | undefined> {
  let freed = (): void => {};
  const connection = await openConnection(socketPath, {
    signal: ({ member, body }) => {
      if (member === "NameOwnerChanged" && body[0] === name && body[2] === "") freed();
    },
  });
  const deadline = performance.now() + waitMs;
  try {
    if (await request(connection, name)) return hold(connection, name);
    await connection.call(
      daemonCall("AddMatch", "s", [`type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${name}'`]),
    );
    for (;;) {
      if (await request(connection, name)) return hold(connection, name);
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) {
        connection.close();
        return undefined;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(retryMs, leftMs));
        freed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function request(connection: Connection, name: string): Promise<boolean> {
  const [answer] = await connection.call(daemonCall("RequestName", "su", [name, doNotQueue]));
  return answer === primaryOwner || answer === alreadyOwner;
}

function hold(connection: Connection, name: string): HeldName {
  return {
    lost: connection.closed,
    release: async () => {
      // Asked for, so that whoever waits gets it at once; closing alone would free it too.
      await connection.call(daemonCall("ReleaseName", "s", [name], releaseTimeoutMs)).catch(() => undefined);
      connection.close();
    },
  };
}

/** Process id of whoever holds a name, undefined when nobody does. */
export async function ownerPid(connection: Pick<Connection, "call">, name: string): Promise<number | undefined> {
  const nobody = forgive(names.nameHasNoOwner);
  const answer = await connection.call(daemonCall("GetConnectionUnixProcessID", "s", [name])).catch(nobody);
  return answer === undefined ? undefined : Number(answer[0]);
}

/** True for the errors that a restart of the bus explains. */
export function isAway(error: unknown): boolean {
  return error instanceof PhoenixError && (error.code === "bus-lost" || error.code === "bus-unreachable");
}
