import { Message, MessageFlag, Variant } from "dbus-next";
import { propertiesInterface } from "./manager.ts";

type Arguments = readonly { readonly name: string; readonly type: string }[];

/** One object with one interface, as data. Answered by hand: dbus-next's own service side dies with its connection. */
export type ExportedObject = {
  readonly path: string;
  readonly interface: string;
  readonly methods: Readonly<Record<string, { readonly out: Arguments; readonly run: () => Promise<readonly unknown[]> }>>;
  readonly properties: Readonly<Record<string, { readonly type: string; readonly read: () => unknown }>>;
  readonly signals: Readonly<Record<string, Arguments>>;
};

type Reply = (message: Message) => void;

/** Answers a method call to the object or to one of its parent paths; false = not ours. */
export function answer(object: ExportedObject, call: Message, send: Reply): boolean {
  const reply: Reply = (message) => {
    if ((call.flags & MessageFlag.NO_REPLY_EXPECTED) === 0) send(message);
  };
  const child = childOf(object.path, call.path);
  const isIntrospection = call.interface === "org.freedesktop.DBus.Introspectable" && call.member === "Introspect";
  if (child !== undefined && isIntrospection) {
    reply(Message.newMethodReturn(call, "s", [document(`<node name="${child}"/>`)]));
    return true;
  }
  if (call.path !== object.path) return false;
  if (isIntrospection) {
    reply(Message.newMethodReturn(call, "s", [document(describe(object))]));
    return true;
  }
  if (call.interface === propertiesInterface) {
    reply(answerProperties(object, call));
    return true;
  }
  if (call.interface !== undefined && call.interface !== object.interface) return false;
  const method = Object.hasOwn(object.methods, call.member) ? object.methods[call.member] : undefined;
  if (method === undefined) return false;
  method
    .run()
    .then((values) => reply(Message.newMethodReturn(call, signatureOf(method.out), [...values])))
    .catch((error: unknown) => reply(refuse(call, `${object.interface}.Error.Failed`, messageOf(error))));
  return true;
}

function answerProperties(object: ExportedObject, call: Message): Message {
  const [interfaceName, name] = call.body as readonly unknown[];
  const ours = interfaceName === object.interface || interfaceName === "";
  const variant = (property: { readonly type: string; readonly read: () => unknown }) => new Variant(property.type, property.read());
  if (call.member === "GetAll") {
    const all = ours ? Object.entries(object.properties).map(([key, property]) => [key, variant(property)]) : [];
    return Message.newMethodReturn(call, "a{sv}", [Object.fromEntries(all)]);
  }
  const property = ours && typeof name === "string" && Object.hasOwn(object.properties, name) ? object.properties[name] : undefined;
  if (property === undefined) return refuse(call, "org.freedesktop.DBus.Error.UnknownProperty", "There is no such property.");
  if (call.member === "Get") return Message.newMethodReturn(call, "v", [variant(property)]);
  return refuse(call, "org.freedesktop.DBus.Error.PropertyReadOnly", "It can only be read.");
}

/** The library's types call the message a string. */
function refuse(call: Message, name: string, text: string): Message {
  return Message.newError(call as unknown as string, name, text);
}

/** The next path element below `asked` on the way to `path`. */
function childOf(path: string, asked: string): string | undefined {
  const parent = asked === "/" ? "/" : `${asked}/`;
  return path.startsWith(parent) ? path.slice(parent.length).split("/")[0] : undefined;
}

function signatureOf(values: Arguments): string {
  return values.map(({ type }) => type).join("");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const doctype =
  '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">';

function document(content: string): string {
  return `${doctype}\n<node>${content}</node>\n`;
}

function describe({ interface: name, methods, properties, signals }: ExportedObject): string {
  const list = (values: Arguments, direction: string) =>
    values.map((value) => `<arg name="${value.name}" type="${value.type}"${direction}/>`).join("");
  return [
    `<interface name="${name}">`,
    ...Object.entries(methods).map(([member, { out }]) => `<method name="${member}">${list(out, ' direction="out"')}</method>`),
    ...Object.entries(properties).map(
      ([member, { type }]) =>
        `<property name="${member}" type="${type}" access="read"><annotation name="org.freedesktop.DBus.Property.EmitsChangedSignal" value="const"/></property>`,
    ),
    ...Object.entries(signals).map(([member, values]) => `<signal name="${member}">${list(values, "")}</signal>`),
    "</interface>",
    '<interface name="org.freedesktop.DBus.Introspectable"><method name="Introspect"><arg name="xml" type="s" direction="out"/></method></interface>',
    `<interface name="${propertiesInterface}"><method name="Get"><arg name="interface" type="s" direction="in"/><arg name="name" type="s" direction="in"/><arg name="value" type="v" direction="out"/></method><method name="GetAll"><arg name="interface" type="s" direction="in"/><arg name="values" type="a{sv}" direction="out"/></method></interface>`,
    '<interface name="org.freedesktop.DBus.Peer"><method name="Ping"/></interface>',
  ].join("");
}
