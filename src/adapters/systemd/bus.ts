import type { Message } from "dbus-next";
import { PhoenixError } from "../../domain/errors.ts";
import type { Ms } from "../../domain/words.ts";
import { busSocketPath } from "./address.ts";
import { type BusCall, type BusSignal, type Connection, openConnection } from "./connection.ts";

/**
 * The user's bus, across reconnects. Match rules and hooks are remembered and set up again on every new connection, before any call
 * goes out on it: nobody above has to know that the connection changed, except to look at everything again (which a hook does).
 */
export type Bus = {
  readonly socketPath: string;
  readonly call: (call: BusCall) => Promise<readonly unknown[]>;
  /** Hears every signal that this rule (or any other) lets through; the handler picks its own. */
  readonly listen: (rule: string, handler: (signal: BusSignal) => void) => Promise<() => void>;
  /** Runs now and on every later connection. What it throws goes to `failed`, except the first time. */
  readonly onConnect: (hook: (connection: Connection) => Promise<void>) => Promise<() => void>;
  /** Answers method calls. True = ours. */
  readonly serve: (handler: (message: Message) => boolean) => () => void;
  /** Sends a signal or a reply; into the void while there is no connection. */
  readonly send: (message: Message) => void;
  /** Where an error goes that has no caller: what a handler threw. */
  readonly failed: (error: unknown) => void;
  readonly close: () => void;
};

export type BusOptions = {
  readonly socketPath?: string;
  /** `lazy` connects when it is needed (a verb); `persistent` also comes back by itself (the agent). */
  readonly mode: "lazy" | "persistent";
  readonly failed?: (error: unknown) => void;
};

const firstBackoffMs: Ms = 100;
const longestBackoffMs: Ms = 10_000;
const pingTimeoutMs: Ms = 2_000;

const daemon = { destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus" } as const;

/** A call to the bus itself. */
export function daemonCall(member: string, signature: string, body: readonly unknown[], timeoutMs?: Ms): BusCall {
  return { ...daemon, member, signature, body, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}

export function openBus(options: BusOptions): Bus {
  const socketPath = options.socketPath ?? busSocketPath(process.env, process.getuid?.() ?? 0);
  const failed = options.failed ?? ((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)));
  const rules: string[] = [];
  const handlers = new Set<(signal: BusSignal) => void>();
  const hooks = new Set<(connection: Connection) => Promise<void>>();
  const servers = new Set<(message: Message) => boolean>();
  let current: Connection | undefined;
  let connecting: Promise<Connection> | undefined;
  let closing = false;
  let retry: NodeJS.Timeout | undefined;

  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      failed(error);
    }
  };

  const connect = async (): Promise<Connection> => {
    const connection = await openConnection(socketPath, {
      signal: (signal) => {
        for (const handler of handlers) guarded(() => handler(signal));
      },
      method: (message) => [...servers].some((server) => server(message)),
      failed,
    });
    try {
      for (const rule of rules) await connection.call(daemonCall("AddMatch", "s", [rule]));
      for (const hook of hooks) await hook(connection).catch(failed);
      if (closing || !connection.isOpen()) throw new PhoenixError("bus-lost", "The connection to the user's D-Bus was closed.");
    } catch (error) {
      connection.close();
      throw error;
    }
    current = connection;
    void connection.closed.then(() => {
      if (current === connection) current = undefined;
      if (options.mode === "persistent") reconnect(firstBackoffMs);
    });
    return connection;
  };

  const connected = (): Promise<Connection> => {
    if (current?.isOpen() === true) return Promise.resolve(current);
    connecting ??= connect().finally(() => {
      connecting = undefined;
    });
    return connecting;
  };

  const reconnect = (delayMs: Ms): void => {
    if (closing || retry !== undefined) return;
    retry = setTimeout(() => {
      retry = undefined;
      connected().catch(() => reconnect(Math.min(delayMs * 2, longestBackoffMs)));
    }, delayMs);
  };

  /** A bus that is stopped, not gone, answers nothing: then the connection is worth nothing either. */
  const suspect = (connection: Connection): void => {
    connection.call(daemonCall("GetId", "", [], pingTimeoutMs)).catch(() => connection.close());
  };

  const call = async (request: BusCall): Promise<readonly unknown[]> => {
    const connection = await connected();
    try {
      return await connection.call(request);
    } catch (error) {
      if (error instanceof PhoenixError && error.code === "bus-timeout") suspect(connection);
      throw error;
    }
  };

  return {
    socketPath,
    call,
    listen: async (rule, handler) => {
      handlers.add(handler);
      const connection = await connected();
      if (!rules.includes(rule)) {
        rules.push(rule);
        await connection.call(daemonCall("AddMatch", "s", [rule]));
      }
      return () => handlers.delete(handler);
    },
    onConnect: async (hook) => {
      const connection = await connected();
      hooks.add(hook);
      await hook(connection);
      return () => hooks.delete(hook);
    },
    serve: (handler) => {
      servers.add(handler);
      return () => servers.delete(handler);
    },
    send: (message) => current?.send(message),
    failed,
    close: () => {
      closing = true;
      clearTimeout(retry);
      current?.close();
    },
  };
}
