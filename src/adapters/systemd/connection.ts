import type { Socket } from "node:net";
import { DBusError, Message, type MessageBus, MessageFlag, MessageType, sessionBus } from "dbus-next";
import type { Ms } from "../../domain/words.ts";
import { lost, refused, timedOut, unreachable } from "./failure.ts";
import { plain } from "./plain.ts";

/**
 * One connection to the bus, from Hello to close; it never comes back, `bus.ts` makes the next one. Invariants that dbus-next does not
 * give: every call settles (answer, deadline or close), a close is noticed, and no handler can break the library or the process.
 */
export type Connection = {
  /** Unique name, e.g. `:1.42`. */
  readonly name: string;
  readonly call: (call: BusCall) => Promise<readonly unknown[]>;
  readonly send: (message: Message) => void;
  readonly isOpen: () => boolean;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
  readonly close: () => void;
};

export type BusCall = {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
  /** Default 10 s. */
  readonly timeoutMs?: Ms;
  /** Do not start the service that the name belongs to. */
  readonly noAutoStart?: boolean;
};

export type BusSignal = {
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly unknown[];
};

export type Listeners = {
  readonly signal?: (signal: BusSignal) => void;
  /** True = this method call is ours and will be answered. */
  readonly method?: (message: Message) => boolean;
  /** Told what a handler threw: one broken handler must not end the connection. */
  readonly failed?: (error: unknown) => void;
};

/** What has to be reached inside dbus-next, because it has no public way to it. */
type Internals = {
  readonly _connection: { readonly stream: Socket };
  readonly _methodReturnHandlers: Record<number, unknown>;
  _nameOwners: Record<string, string>;
};

const connectTimeoutMs = 5_000;
const defaultTimeoutMs = 10_000;

export async function openConnection(socketPath: string, listeners: Listeners = {}): Promise<Connection> {
  if (/[;:,=]/.test(socketPath)) throw unreachable(socketPath, "its path holds a character that D-Bus addresses reserve");
  // `socket=` goes straight to node:net; `path=` would try a native addon first. EXTERNAL only: the next method parses blindly.
  const bus = sessionBus({ busAddress: `unix:socket=${socketPath}`, authMethods: ["EXTERNAL"] });
  const internals = bus as unknown as Internals;
  const { stream } = internals._connection;
  const pending = new Set<(error: Error) => void>();
  let open = true;
  const closed = new Promise<void>((resolve) => {
    stream.once("close", () => {
      open = false;
      for (const serial of Object.keys(internals._methodReturnHandlers)) delete internals._methodReturnHandlers[Number(serial)];
      for (const reject of pending) reject(lost(socketPath));
      pending.clear();
      resolve();
    });
  });
  // dbus-next emits nothing when the other side ends the connection: a half-closed one must become a closed one.
  stream.once("end", () => stream.destroy());
  listen(bus, internals, listeners);
  const close = (): void => {
    open = false;
    stream.end();
    // What was written still goes out; a bus that does not take it must not keep us.
    setTimeout(() => stream.destroy(), 500).unref();
    stream.unref();
  };

  try {
    await hello(bus, stream, socketPath);
  } catch (error) {
    stream.destroy();
    throw error;
  }

  const call = (request: BusCall): Promise<readonly unknown[]> =>
    new Promise((resolve, reject) => {
      if (!open) {
        reject(lost(socketPath));
        return;
      }
      const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
      const message = new Message({
        destination: request.destination,
        path: request.path,
        interface: request.interface,
        member: request.member,
        signature: request.signature ?? "",
        body: [...(request.body ?? [])],
        ...(request.noAutoStart === true ? { flags: MessageFlag.NO_AUTO_START } : {}),
      });
      const settle = (): void => {
        clearTimeout(timer);
        pending.delete(fail);
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      const timer = setTimeout(() => {
        if (message.serial !== null) delete internals._methodReturnHandlers[message.serial];
        fail(timedOut(request.member, timeoutMs));
      }, timeoutMs);
      pending.add(fail);
      bus.call(message).then(
        (reply) => {
          settle();
          resolve((reply?.body ?? []).map(plain));
        },
        (error: Error) => fail(error instanceof DBusError ? refused(request.member, error) : open ? error : lost(socketPath)),
      );
    });

  const send = (message: Message): void => {
    if (!open) return;
    try {
      bus.send(message);
    } catch (error) {
      // A stream that ended in this very moment is told by `closed`; anything else is a message that cannot be written.
      if (stream.writable) throw error;
    }
  };

  return { name: (bus as unknown as { readonly name: string }).name, call, send, isOpen: () => open, closed, close };
}

function hello(bus: MessageBus, stream: Socket, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(unreachable(socketPath, "nobody answered")), connectTimeoutMs);
    const finish = (error?: unknown): void => {
      clearTimeout(timer);
      if (error === undefined) resolve();
      else reject(error);
    };
    bus.once("connect", () => finish());
    // This listener stays for good: an 'error' that nobody listens to ends the process.
    bus.on("error", (error: NodeJS.ErrnoException) => finish(unreachable(socketPath, describe(error), error)));
    stream.once("close", () => finish(unreachable(socketPath, "the connection was closed")));
  });
}

function listen(bus: MessageBus, internals: Internals, { signal, method, failed = warn }: Listeners): void {
  bus.on("message", (message: Message) => {
    // dbus-next drops calls to a name whose owner it guessed wrongly from an earlier error reply.
    if (message.type === MessageType.METHOD_CALL) internals._nameOwners = {};
    if (message.type !== MessageType.SIGNAL || signal === undefined) return;
    try {
      const { sender, path, member, body } = message;
      signal({ sender, path, interface: message.interface, member, body: body.map(plain) });
    } catch (error) {
      failed(error);
    }
  });
  bus.addMethodHandler((message: Message): boolean => {
    try {
      return method?.(message) ?? false;
    } catch (error) {
      failed(error);
      return false;
    }
  });
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no bus listens there",
  ECONNREFUSED: "no bus listens there any more",
  EACCES: "it belongs to another user",
};

function describe(error: NodeJS.ErrnoException): string {
  return reasons[error.code ?? ""] ?? error.message ?? "the bus refused us";
}
