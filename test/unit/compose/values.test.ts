/**
 * No value of any field, newlines and quotes included, adds an argument to `podman run`, loses one, or changes another: it arrives as it
 * is, or it is refused. What arrives is read from what Podman's own generator makes of the units, with the eyes of systemd and Podman.
 * All fields with all values are services of one project, so that it stays cheap.
 */
import * as fc from "fast-check";
import t from "tap";
import { isPair } from "../../../src/quadlet/document.ts";
import { undoubleSpecials } from "../../../src/quadlet/escape.ts";
import { parseExecStart } from "../../../src/quadlet/exec-start.ts";
import { parseDocument } from "../../../src/quadlet/parse.ts";
import { serialiseDocument } from "../../../src/quadlet/serialise.ts";
import { generate } from "../../support/generator.ts";
import { trickyStrings } from "../quadlet/tricky-strings.ts";
import { convertText } from "./converted.ts";

type Service = Readonly<Record<string, unknown>>;

/** Each field with a value in it. The value `plain` is one that all of them take. */
const fields: Readonly<Record<string, (value: string) => Service>> = {
  image: (v) => ({ image: `localhost/${v}` }),
  build: (v) => ({ build: { context: "/b", args: { A: v } } }),
  container_name: (v) => ({ container_name: v }),
  "command[]": (v) => ({ command: ["run", v, "--last"] }),
  "entrypoint[]": (v) => ({ entrypoint: ["/bin/sh", v] }),
  user: (v) => ({ user: v }),
  working_dir: (v) => ({ working_dir: `/${v}` }),
  hostname: (v) => ({ hostname: v }),
  domainname: (v) => ({ domainname: v }),
  "environment.*": (v) => ({ environment: { A: v, B: "b" } }),
  environment: (v) => ({ environment: { [v]: "a" } }),
  "labels.*": (v) => ({ labels: { a: v, b: "b" } }),
  labels: (v) => ({ labels: { [v]: "a" } }),
  "annotations[]": (v) => ({ annotations: [`a=${v}`] }),
  "volumes[]": (v) => ({ volumes: [`/${v}:/b:ro`] }),
  "volumes[].source": (v) => ({ volumes: [{ type: "bind", source: `/${v}`, target: "/b" }] }),
  "volumes[].target": (v) => ({ volumes: [{ type: "volume", source: "data", target: `/${v}` }] }),
  "volumes[].tmpfs": (v) => ({ volumes: [{ type: "tmpfs", target: `/${v}`, tmpfs: { size: 100 } }] }),
  "volumes[].subpath": (v) => ({ volumes: [{ type: "volume", source: "data", target: "/d", volume: { subpath: v } }] }),
  "tmpfs[]": (v) => ({ tmpfs: [`/${v}`] }),
  "volumes_from[]": (v) => ({ volumes_from: [`container:${v}`] }),
  "secrets[].target": (v) => ({ secrets: [{ source: "key", target: v }] }),
  "configs[].target": (v) => ({ configs: [{ source: "page", target: `/${v}` }] }),
  "networks.*.aliases[]": (v) => ({ networks: { default: { aliases: [v] } } }),
  network_mode: (v) => ({ network_mode: `container:${v}` }),
  mac_address: (v) => ({ mac_address: v }),
  dns: (v) => ({ dns: v }),
  dns_search: (v) => ({ dns_search: [v] }),
  dns_opt: (v) => ({ dns_opt: [v] }),
  extra_hosts: (v) => ({ extra_hosts: { [v]: "10.0.0.1" } }),
  "extra_hosts.*": (v) => ({ extra_hosts: { a: v } }),
  "ports[]": (v) => ({ ports: [v] }),
  "ports[].host_ip": (v) => ({ ports: [{ target: 80, published: "8080", host_ip: v }] }),
  "expose[]": (v) => ({ expose: [v] }),
  "healthcheck.test[]": (v) => ({ healthcheck: { test: ["CMD", "check", v] } }),
  "healthcheck.test": (v) => ({ healthcheck: { test: `check ${v}` } }),
  "healthcheck.test, whole": (v) => ({ healthcheck: { test: ["CMD-SHELL", v] } }),
  "healthcheck.test, one word": (v) => ({ healthcheck: { test: ["CMD", v] } }),
  "healthcheck.interval": (v) => ({ healthcheck: { test: "x", interval: v } }),
  stop_signal: (v) => ({ stop_signal: v }),
  "security_opt[]": (v) => ({ security_opt: [`label:type:${v}`, `seccomp:/${v}`, `apparmor:${v}`] }),
  "devices[]": (v) => ({ devices: [`/dev/${v}`] }),
  "cap_add[]": (v) => ({ cap_add: [v] }),
  "sysctls.*": (v) => ({ sysctls: { "net.a": v } }),
  sysctls: (v) => ({ sysctls: { [v]: "1" } }),
  "group_add[]": (v) => ({ group_add: [v] }),
  ulimits: (v) => ({ ulimits: { [v]: 1 } }),
  platform: (v) => ({ platform: v }),
  pid: (v) => ({ pid: `container:${v}` }),
  userns_mode: (v) => ({ userns_mode: v }),
  "logging.options.tag": (v) => ({ logging: { driver: "journald", options: { tag: v } } }),
  cpuset: (v) => ({ cpuset: v }),
  restart: (v) => ({ restart: v }),
  "x-phoenix.*": (v) => ({ "x-phoenix": { Heal: v } }),
};

/** A value each field takes, where `plain` is none. */
const others: Readonly<Record<string, string>> = {
  ...{
    mac_address: "02:42:ac:11:00:02",
    "extra_hosts.*": "10.0.0.9",
    "ports[]": "3000",
    "ports[].host_ip": "10.9.9.9",
    "expose[]": "3000",
  },
  ...{ "healthcheck.interval": "7s", "cap_add[]": "NET_ADMIN", userns_mode: "keep-id", cpuset: "0-1", restart: "always" },
};

const random = fc.sample(fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.stringMatching(/^[-\w./:,= "'\\\n$%]{1,12}$/)), 8);
/** Reading refuses the whole file where it holds a NUL or half a character. */
const values = [...new Set([...trickyStrings, "constructor", "__proto__", ...random])].filter((value) => !/\p{Surrogate}|\0/u.test(value));
/** An empty text is what a variable leaves behind that is not set: for these fields as if they were not there. */
const emptyIsNone = new Set([
  "user",
  "dns",
  "dns_search",
  "dns_opt",
  "userns_mode",
  "restart",
  "group_add[]",
  "expose[]",
  "platform",
  "stop_signal",
]);
/** And here as if there were no address, no path below the volume and no other place. */
const emptyIsUsual = new Set(["ports[].host_ip", "volumes[].subpath", "secrets[].target"]);

t.test("every value of every field arrives as it is, or is refused", async (t) => {
  const given = Object.entries(fields).flatMap(([field, make]) => {
    const usual = others[field] ?? "plain";
    const some = emptyIsUsual.has(field) ? values.filter((value) => value !== "") : values;
    return [usual, ...some].map((value) => ({ field, usual, value, service: make(value) }));
  });
  const named = given.map((one, index) => ({ ...one, name: `s${index}` }));
  const converted = convertText(textOf([...named.map(({ name, service }) => [name, service] as const), ["none", {}]]), {
    allowRisky: true,
  });
  const refused = new Set(
    converted.issues.flatMap(({ severity, message }) => (severity === "error" ? [/\b(s\d+)\b/.exec(message)?.[1]] : [])),
  );
  const units = converted.units.filter(({ file }) => !refused.has(/^shop-(s\d+)\./.exec(file)?.[1]));
  const texts = new Map(units.map((unit) => [unit.file, serialiseDocument(unit)]));

  for (const unit of units) {
    const read = parseDocument(texts.get(unit.file) ?? "", unit.file);
    const pairs = (sections: typeof unit.sections) =>
      sections.map(({ name, entries }) => [name, entries.filter(isPair).map(({ key, value }) => [key, value])]);
    if (read.issues.length > 0 || JSON.stringify(pairs(read.document.sections)) !== JSON.stringify(pairs(unit.sections))) {
      t.fail(`${unit.file} is not read as it was meant`, { text: texts.get(unit.file) });
    }
  }

  const { services } = await generate(texts);
  let usualView = "";
  let arrived = 0;
  for (const { field, usual, value, name } of named) {
    const isUsual = value === usual;
    if (refused.has(name)) {
      if (isUsual) t.fail(`${field} refuses ${JSON.stringify(value)}`);
      continue;
    }
    const suffix = field === "build" ? "-build" : "";
    const view = viewOf(services.get(`shop-${name}${suffix}.service`) ?? "")
      .replaceAll(`shop-${name}`, "shop-NAME")
      .replaceAll(`"${name}"`, '"NAME"');
    if (isUsual) usualView = view;
    if (value === "" && emptyIsNone.has(field)) {
      const none = viewOf(services.get(`shop-none.service`) ?? "")
        .replaceAll("shop-none", "shop-NAME")
        .replaceAll('"none"', '"NAME"');
      t.equal(view, none, `${field} empty`);
      continue;
    }
    const wanted = isUsual ? view : usualView.replaceAll(quoted(usual), () => quoted(field === "cap_add[]" ? value.toUpperCase() : value));
    arrived += 1;
    if (view !== wanted) t.equal(view, wanted, `${field}: ${JSON.stringify(value)}`);
  }
  t.ok(arrived > named.length / 4, `${arrived} of ${named.length} arrived`);
});

function textOf(services: readonly (readonly [string, Service])[]): string {
  const project = {
    services: Object.fromEntries(
      services.map(([name, service]) => [name, { ...("build" in service ? {} : { image: "localhost/image" }), ...service }]),
    ),
    volumes: { data: {} },
    secrets: { key: { environment: "KEY" } },
    configs: { page: { content: "x" } },
  };
  // JSON is YAML; in a value, a dollar sign that shall stay one is doubled.
  return JSON.stringify(project, (_, value) => (typeof value === "string" ? value.replaceAll("$", "$$$$") : value)).replace(
    /[\u007f-\u009f\ufeff\ufffe\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const quoted = (text: string): string => JSON.stringify(text).slice(1, -1);

/** Options that take no value behind them. */
const switches = new Set(["-d", "--rm", "--replace", "--init", "--read-only", "--privileged", "--tty", "--interactive"]);

/** The command as Podman understands it: its options in any order, then image and arguments as they stand. */
function viewOf(service: string): string {
  const words = parseExecStart(service).map((word) => expand(word, service));
  const options: unknown[] = [];
  let at = 2;
  for (; at < words.length && (words[at] ?? "").startsWith("-"); at += 1) {
    const [, flag = words[at] ?? "", inside] = /^(--[a-z-]+)=(.*)$/su.exec(words[at] ?? "") ?? [];
    if (inside === undefined && !switches.has(flag)) at += 1;
    const value = inside ?? (switches.has(flag) ? "" : (words[at] ?? ""));
    options.push(canonical[flag]?.(value) ?? [flag, value]);
  }
  return JSON.stringify([
    ...options
      .map((one) => JSON.stringify(one))
      .sort()
      .map((one) => JSON.parse(one)),
    ...words.slice(at),
  ]);
}

/** Options that say the same in two ways. */
const canonical: Readonly<Record<string, (value: string) => unknown>> = {
  "--entrypoint": (value) => ["--entrypoint", wordsIn(value)],
  "--health-cmd": (value) => ["--health-cmd", wordsIn(value)],
  "--cap-add": (value) => ["--cap-add", value.toUpperCase()],
  "--volume": (value) => ["-v", value],
  "--mount": (value) => {
    const parts = new Map(value.split(",").map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]));
    return parts.has("subpath") || parts.size > 3 ? ["--mount", value] : ["-v", `${parts.get("source")}:${parts.get("destination")}`];
  },
};

/** What systemd makes of a word: variables that are words of their own, doubled signs. */
function expand(word: string, service: string): string {
  const [, variable] = /^\$\{([A-Z]+)\}$/.exec(word) ?? [];
  const set = variable === undefined ? undefined : new RegExp(`^Environment=${variable}=(.*)$`, "m").exec(service)?.[1];
  return set ?? undoubleSpecials(word);
}

/** As Podman reads a health command or an entry point: a JSON list, or a text. */
function wordsIn(text: string): unknown {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list[0] === "CMD-SHELL" ? list[1] : list;
  } catch {}
  return /^CMD \S+$/.test(text) ? [text.slice(4)] : text;
}
