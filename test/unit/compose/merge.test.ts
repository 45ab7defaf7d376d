import fc from "fast-check";
import t from "tap";
import { plain } from "../../../src/compose/node.ts";
import { composeFileNames, usualComposeFiles } from "../../../src/compose/read/file-names.ts";
import { folder, found, project, read, told, valueAt } from "./given.ts";

/** Two files, each the value of one service's key. */
function merged(key: string, base: string, over: string): unknown {
  return valueAt(twoFiles(`services: {a: {${key}: ${base}}, b: {}, c: {}}`, `services: {a: {${key}: ${over}}}`), "services", "a", key);
}

function twoFiles(base: string, over: string) {
  return project({ "compose.yaml": base, "over.yaml": over }, { files: [`${folder}/compose.yaml`, `${folder}/over.yaml`] });
}

t.test("each key merges by its rule", async (t) => {
  const rows: readonly (readonly [key: string, base: string, over: string, result: unknown])[] = [
    ["image", "x", "y", "y"],
    ["image", "x", "null", "x"],
    ["command", "[a, b]", "[c]", ["c"]],
    ["command", "[a, b]", "c d", "c d"],
    ["command", "[a, b]", "null", null],
    ["entrypoint", "a", "[b]", ["b"]],
    ["healthcheck", "{test: [CMD, a], interval: 1s}", "{test: [CMD, b]}", { test: ["CMD", "b"], interval: "1s" }],
    ["environment", "[A=1, B=2]", "[B=3, C]", ["A=1", "B=3", "C"]],
    ["environment", "{A: 1, B: 2}", "{B: 3}", { A: 1, B: 3 }],
    ["environment", "{A: 1, B: 2}", "[B=3=4, C]", { A: 1, B: "3=4", C: null }],
    ["environment", "[A=1]", "{A: null, B: 2}", { A: "1", B: 2 }],
    ["labels", "[a.b=1]", "{a.b: 2}", { "a.b": 2 }],
    ["cap_add", "[A, B]", "[B, C]", ["A", "B", "C"]],
    ["security_opt", "[a]", "[a, b]", ["a", "a", "b"]],
    ["dns", "1.1.1.1", "[2.2.2.2, 1.1.1.1]", ["1.1.1.1", "2.2.2.2"]],
    ["tmpfs", "/a", "/b", ["/a", "/b"]],
    [
      "env_file",
      "a.env",
      "[{path: a.env, required: false}, {path: b.env, required: false}]",
      [
        { path: "a.env", required: false },
        { path: "b.env", required: false },
      ],
    ],
    ["ports", "['80:80', '81:81/udp']", "['80:80/tcp', '82:82']", ["80:80/tcp", "81:81/udp", "82:82"]],
    ["ports", "['127.0.0.1:80:80', '[::1]:80:80']", "['80:80', '127.0.0.1:80:80']", ["127.0.0.1:80:80", "[::1]:80:80", "80:80"]],
    ["ports", "['8080:80']", "[{target: 80, published: 8080, mode: host}]", [{ target: 80, published: 8080, mode: "host" }]],
    ["expose", "[80]", "['80', 81]", ["80", 81]],
    [
      "volumes",
      "['a:/x', 'b:/y:ro']",
      "['./c:/y', {type: bind, source: d, target: /x}]",
      [{ type: "bind", source: "d", target: "/x" }, "./c:/y"],
    ],
    ["devices", "['/dev/a:/dev/x']", "['/dev/b:/dev/x:rw']", ["/dev/b:/dev/x:rw"]],
    ["secrets", "[s, t]", "[{source: s}]", [{ source: "s" }, "t"]],
    ["configs", "[c]", "[{source: d, target: /c}]", [{ source: "d", target: "/c" }]],
    [
      "depends_on",
      "[b]",
      "{b: {condition: service_healthy}, c: {condition: service_started}}",
      { b: { condition: "service_healthy", required: true }, c: { condition: "service_started" } },
    ],
    ["networks", "[n]", "{n: {aliases: [z]}, m: }", { n: { aliases: ["z"] }, m: null }],
    ["extra_hosts", "['h:1.1.1.1']", "['h:1.1.1.1', 'i:2.2.2.2']", ["h:1.1.1.1", "i:2.2.2.2"]],
    ["extra_hosts", "{h: 1.1.1.1}", "{h: [2.2.2.2]}", ["h=1.1.1.1", "h=2.2.2.2"]],
    ["build", "./x", "{args: {A: 1}}", { context: "./x", args: { A: 1 } }],
    ["build", "{context: x, args: [A=1], tags: [t]}", "{args: [A=2], tags: [t, u]}", { context: "x", args: ["A=2"], tags: ["t", "u"] }],
    ["logging", "{driver: a, options: {x: 1}}", "{driver: a, options: {y: 2}}", { driver: "a", options: { x: 1, y: 2 } }],
    ["logging", "{driver: a, options: {x: 1}}", "{driver: b, options: {y: 2}}", { driver: "b", options: { y: 2 } }],
    ["ulimits", "{nofile: {soft: 1, hard: 2}, nproc: 1}", "{nofile: 5}", { nofile: 5, nproc: 1 }],
    ["sysctls", "{a: 1}", "[b=2]", { a: 1, b: "2" }],
    ["deploy", "{replicas: 1, labels: [a=1]}", "{labels: [a=2]}", { replicas: 1, labels: ["a=2"] }],
    ["x-any", "{a: [1]}", "{a: [2], b: 3}", { a: [1, 2], b: 3 }],
    ["ports", "['80:80']", "!reset []", undefined],
    ["ports", "['80:80']", "!override ['90:90']", ["90:90"]],
    ["environment", "{A: 1, B: 2}", "{A: !reset null, C: 3}", { B: 2, C: 3 }],
    ["build", "{context: x, args: {A: 1}}", "!override {context: y}", { context: "y" }],
    ["image", "x", "!reset null", undefined],
  ];
  for (const [key, base, over, result] of rows) t.same(merged(key, base, over), result, `${key}: ${base} + ${over}`);
});

t.test("networks and volumes at the top", async (t) => {
  const shop = twoFiles(
    "networks: {n: {ipam: {config: [{subnet: 10.0.0.0/8, gateway: 10.0.0.1}]}, labels: [a=1]}}\nvolumes: {v: {labels: {a: 1}}}\nservices: {}",
    "networks: {n: {ipam: {config: [{subnet: 10.0.0.0/8, ip_range: 10.1.0.0/16}, {subnet: 11.0.0.0/8}]}, labels: [a=2]}}\nvolumes: {v: , w: }",
  );
  t.same(valueAt(shop, "networks", "n"), {
    ipam: { config: [{ subnet: "10.0.0.0/8", gateway: "10.0.0.1", ip_range: "10.1.0.0/16" }, { subnet: "11.0.0.0/8" }] },
    labels: ["a=2"],
  });
  t.same(valueAt(shop, "volumes"), { v: { labels: { a: 1 } }, w: null });
});

t.test("a value has the place of the file it comes from", async (t) => {
  const { root } = twoFiles("services:\n  a:\n    image: x\n    user: u\n", "services:\n  a:\n\n    image: y\n");
  const services = root.entries[0]?.value;
  const entries = services?.kind === "map" && services.entries[0]?.value.kind === "map" ? services.entries[0].value.entries : [];
  t.same(
    entries.map(({ key, keyPlace, value }) => `${key} ${keyPlace.file}:${keyPlace.line} ${value.place.line}`),
    ["image over.yaml:4 4", "user compose.yaml:4 4"],
  );
});

t.test("forms that do not fit are an error at the later one, naming the earlier", async (t) => {
  const result = read(
    { "compose.yaml": "services:\n  a:\n    ports: ['80:80']\n", "over.yaml": "services:\n  a:\n    ports: {x: y}\n" },
    { files: [`${folder}/compose.yaml`, `${folder}/over.yaml`] },
  );
  t.same(told(result.issues), ["over.yaml:3 error compose-merge: This is a map, and what it is merged into is a list (compose.yaml:3)."]);
});

t.test("a file on its own keeps its form, and holds each thing once", async (t) => {
  const text =
    "services: {a: {environment: [A=1, B=2, A=3], depends_on: [b], build: ., ports: !override ['1:1']}, b: {image: x, user: !reset y}}";
  t.same(valueAt(project(text), "services"), {
    a: { environment: ["A=3", "B=2"], depends_on: ["b"], build: ".", ports: ["1:1"] },
    b: { image: "x" },
  });
});

t.test("merging with an empty file changes nothing", async (t) => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 3 }, fc.stringMatching(/^[a-z=:]{0,6}$/u), fc.nat(99), fc.array(tie("any"), { maxLength: 3 }), tie("map")),
    map: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/u), tie("any"), { maxKeys: 3 }),
  })).map;
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(value, fc.constantFrom("services: {}", "services: {a: {}}", "x-b: ", "{}"), (service, empty) => {
        const text = JSON.stringify({ services: { a: service } });
        const alone = project(text);
        const both = twoFiles(text, empty);
        const only = (root: typeof alone.root) => ({ ...(plain(root) as object), "x-b": undefined });
        return JSON.stringify(only(alone.root)) === JSON.stringify(only(both.root));
      }),
      { numRuns: 60 },
    ),
  );
});

t.test("which files a folder's project consists of", async (t) => {
  t.same(usualComposeFiles(["Dockerfile"]), []);
  t.same(usualComposeFiles(["docker-compose.yml", "compose.yaml"]), ["compose.yaml"]);
  t.same(usualComposeFiles(["compose.yaml", "compose.override.yaml", "x"]), ["compose.yaml", "compose.override.yaml"]);
  t.same(usualComposeFiles(["docker-compose.yml", "docker-compose.override.yml"]), ["docker-compose.yml", "docker-compose.override.yml"]);
  t.same(usualComposeFiles(["compose.override.yaml"]), []);
  t.equal(composeFileNames.length, 4);
});

t.test("a named file that is not there", async (t) => {
  t.same(found({}), ["compose.yaml compose-missing"]);
});
