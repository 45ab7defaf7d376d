/** services/compose.yaml is the reference stack as a person would write it for Docker: its import means what quadlet/ says. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import t from "tap";
import { parse } from "yaml";
import { convertCompose } from "../../../src/compose/convert.ts";
import { readCompose } from "../../../src/compose/read.ts";
import { exportCompose } from "../../../src/stack/export/compose.ts";
import { loadStack } from "../../../src/stack/load.ts";
import { loadCompose } from "../../../src/stack/load-compose.ts";
import type { Stack } from "../../../src/stack/stack.ts";
import { readFolder } from "../../support/folder.ts";

const checkout = resolve(import.meta.dirname, "../../..");
const services = join(checkout, "services");

type Service = Readonly<Record<string, unknown>>;
type Data = {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly name: string }>>;
  readonly volumes: Readonly<Record<string, { readonly name: string }>>;
};

/** What may differ: the field, on which side it stands, and why. */
const allowed: Readonly<Record<string, string>> = {
  userns_mode: "Docker has no user namespace a container could name; UserNS=host is what Podman does anyway",
  "x-phoenix": "probes are recognised from the health checks; quadlet/ has better ones, with liveness of its own, and makes its secrets",
  "build.tags": "quadlet/ tags images with the version, too",
  cpu_shares: "CPUWeight= says who comes first; Docker's file leaves that to the machine",
};

function quadletStack(): Stack {
  const { stack } = loadStack({ folder: readFolder(join(checkout, "quadlet")), name: "phoenix", podmanVersion: "5.4.2" });
  if (stack === undefined) throw new Error("quadlet/ does not load");
  return stack;
}

function composeStack(): Stack {
  const file = join(services, "compose.yaml");
  const texts = new Map<string, string | null>([
    [file, readFileSync(file, "utf8")],
    [join(services, ".env"), null],
  ]);
  const read = readCompose({ files: [file], texts, env: new Map(), envFiles: undefined, profiles: [], project: undefined });
  if ("wants" in read || read.project === undefined) throw new Error(JSON.stringify(read));
  const conversion = convertCompose(read.project, { secrets: false, allowRisky: false, strict: true });
  t.same(conversion.issues, [], "nothing is lost, even with --strict");
  const entries = readFolder(services).entries;
  const loaded = loadCompose({ conversion, name: read.project.name, root: read.project.folder, entries, podmanVersion: "5.4.2" });
  if (loaded.stack === undefined) throw new Error(JSON.stringify(loaded.issues, null, 1));
  return loaded.stack;
}

/** A stack in words that do not depend on what its units are called. */
function meaning(stack: Stack): ReadonlyMap<string, Service> {
  const { services: found, networks, volumes } = parse(exportCompose({ stack, target: services }).text) as Data;
  const named = (key: string): string => volumes[key]?.name ?? key;
  const entries = Object.entries(found)
    .filter(([, service]) => service["profiles"] === undefined)
    .map(([name, service]): [string, Service] => {
      const nets = service["networks"];
      const keys = Array.isArray(nets) ? (nets as string[]) : Object.keys((nets ?? {}) as object);
      const mounts = ((service["volumes"] ?? []) as string[]).map((mount) => resolve(services, mount.replace(/^[^:.]+/u, named)));
      const secrets = ((service["secrets"] ?? []) as unknown[]).map((secret) => JSON.stringify(secret)).sort();
      const needs = Object.entries((service["depends_on"] ?? {}) as object).sort(([a], [b]) => (a < b ? -1 : 1));
      const { tags, ...build } = service["build"] as { readonly tags?: unknown };
      return [
        name,
        {
          ...service,
          build,
          "build.tags": tags,
          depends_on: needs,
          networks: keys.map((key) => networks[key]?.name),
          volumes: mounts,
          secrets,
        },
      ];
    });
  return new Map(entries);
}

t.test("each service has the same image, build, ports, networks, volumes, secrets, health check and security", async (t) => {
  const [ours, docker] = [meaning(quadletStack()), meaning(composeStack())];
  t.same([...docker.keys()].sort(), [...ours.keys()].sort());
  const used = new Set<string>();
  for (const [name, service] of ours) {
    const other = docker.get(name) ?? {};
    for (const field of new Set([...Object.keys(service), ...Object.keys(other)])) {
      if (JSON.stringify(service[field]) === JSON.stringify(other[field])) continue;
      used.add(field);
      if (allowed[field] === undefined) t.same(other[field], service[field], `${name}.${field}`);
    }
  }
  t.same([...used].sort(), Object.keys(allowed).sort(), "no difference is allowed that is not there");
});

t.test("the networks and volumes are the same", async (t) => {
  const objects = (stack: Stack) => {
    const { networks, volumes } = parse(exportCompose({ stack, target: services }).text) as Data;
    const sorted = (group: object): readonly unknown[] => Object.values(group).sort((a, b) => (a.name < b.name ? -1 : 1));
    return [sorted(networks), sorted(volumes)];
  };
  t.same(objects(composeStack()), objects(quadletStack()));
});
