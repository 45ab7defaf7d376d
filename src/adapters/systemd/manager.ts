import type { Ms } from "../../domain/words.ts";
import type { BusCall } from "./connection.ts";

export const systemd = "org.freedesktop.systemd1";
export const managerPath = "/org/freedesktop/systemd1";
export const unitInterface = `${systemd}.Unit`;
export const serviceInterface = `${systemd}.Service`;
export const propertiesInterface = "org.freedesktop.DBus.Properties";

/** Everything the manager says, about every unit and job: one rule and our own routing, because dbus-next never removes one. */
export const everySignal = `type='signal',sender='${systemd}',path_namespace='${managerPath}'`;
export const ownerSignal = `type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${systemd}'`;

/** The manager's methods that Phoenix uses, with their input signatures. */
const methods = {
  Subscribe: "",
  Reload: "",
  ListJobs: "",
  ListUnitsByNames: "as",
  EnqueueUnitJob: "sss",
  ResetFailedUnit: "s",
  KillUnit: "ssi",
  GetUnit: "s",
  LoadUnit: "s",
  UnrefUnit: "s",
  StartTransientUnit: "ssa(sv)a(sa(sv))",
} as const satisfies Record<string, string>;

export type ManagerMethod = keyof typeof methods;

type Caller = { readonly call: (call: BusCall) => Promise<readonly unknown[]> };

export function callManager(
  caller: Caller,
  member: ManagerMethod,
  body: readonly unknown[] = [],
  timeoutMs?: Ms,
): Promise<readonly unknown[]> {
  return caller.call({
    destination: systemd,
    path: managerPath,
    interface: `${systemd}.Manager`,
    member,
    signature: methods[member],
    body,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

export async function getProperty(caller: Caller, path: string, interfaceName: string, property: string): Promise<unknown> {
  const [value] = await caller.call({
    destination: systemd,
    path,
    interface: propertiesInterface,
    member: "Get",
    signature: "ss",
    body: [interfaceName, property],
  });
  return value;
}

/** All properties of an object in one atomic answer; an empty interface name means all interfaces. */
export async function getAllProperties(caller: Caller, path: string, interfaceName: string): Promise<Readonly<Record<string, unknown>>> {
  const [values] = await caller.call({
    destination: systemd,
    path,
    interface: propertiesInterface,
    member: "GetAll",
    signature: "s",
    body: [interfaceName],
  });
  return values as Readonly<Record<string, unknown>>;
}

const unitPathPrefix = `${managerPath}/unit/`;

/** The unit that an object path names: systemd writes every other byte than A–Z, a–z, 0–9 as `_` and two hex digits. */
export function unitOfPath(path: string): string | undefined {
  if (!path.startsWith(unitPathPrefix)) return undefined;
  const text = path.slice(unitPathPrefix.length);
  const bytes = text.replaceAll(/_([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

const unitNamePattern = /^[A-Za-z0-9:_.\\@-]{1,255}$/;

/** systemd refuses the whole list for one name that it cannot be. */
export function isUnitName(name: string): boolean {
  return unitNamePattern.test(name) && /\.(service|target|socket|timer|scope|slice|path|mount)$/.test(name);
}
