import { DBusError } from "dbus-next";
import { PhoenixError } from "../../domain/errors.ts";
import { showDuration } from "../../domain/time.ts";
import type { Ms } from "../../domain/words.ts";

export function unreachable(socketPath: string, reason: string, cause?: unknown): PhoenixError {
  return new PhoenixError("bus-unreachable", `Cannot reach the user's D-Bus at ${socketPath}: ${reason}.`, { cause });
}

export function lost(socketPath: string): PhoenixError {
  return new PhoenixError("bus-lost", `The connection to the user's D-Bus at ${socketPath} was closed.`);
}

export function timedOut(member: string, timeoutMs: Ms): PhoenixError {
  return new PhoenixError("bus-timeout", `${member} got no answer over D-Bus within ${showDuration(timeoutMs)}.`);
}

/** An error reply. The D-Bus error name stays readable with `refusalOf`. */
export function refused(member: string, error: DBusError): PhoenixError {
  const code = error.type === names.noSuchUnit || error.type === names.loadFailed ? "unit-missing" : "bus-refused";
  return new PhoenixError(code, `${member} was refused: ${firstLine(error.text)} (${error.type}).`, { cause: error });
}

/** D-Bus error names that somebody here asks for. */
export const names = {
  noSuchUnit: "org.freedesktop.systemd1.NoSuchUnit",
  loadFailed: "org.freedesktop.systemd1.LoadFailed",
  noSuchProcess: "org.freedesktop.systemd1.NoSuchProcess",
  alreadySubscribed: "org.freedesktop.systemd1.AlreadySubscribed",
  unitExists: "org.freedesktop.systemd1.UnitExists",
  unknownObject: "org.freedesktop.DBus.Error.UnknownObject",
  noReply: "org.freedesktop.DBus.Error.NoReply",
  limitsExceeded: "org.freedesktop.DBus.Error.LimitsExceeded",
  serviceUnknown: "org.freedesktop.DBus.Error.ServiceUnknown",
  nameHasNoOwner: "org.freedesktop.DBus.Error.NameHasNoOwner",
} as const;

/** The D-Bus name of the error reply behind a failure, undefined for every other failure. */
export function refusalOf(error: unknown): string | undefined {
  return error instanceof PhoenixError && error.cause instanceof DBusError ? error.cause.type : undefined;
}

/** Lets the named refusals pass as `undefined` and throws everything else on. */
export function forgive(...forgiven: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    const name = refusalOf(error);
    if (name === undefined || !forgiven.includes(name)) throw error;
    return undefined;
  };
}

function firstLine(text: unknown): string {
  const [line = ""] = String(text ?? "").split("\n");
  return line.replace(/\.$/, "").slice(0, 300);
}
