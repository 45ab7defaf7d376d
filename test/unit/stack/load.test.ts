import fc from "fast-check";
import t from "tap";
import type { Policy } from "../../../src/domain/policy.ts";
import { parseTimeSpan } from "../../../src/domain/time.ts";
import { dependents, findCycle, startOrder, stoppedWith } from "../../../src/stack/graph.ts";
import { type Loaded, loadStack } from "../../../src/stack/load.ts";
import { parseProbe, showProbe } from "../../../src/stack/probe.ts";
import { chooseStackName } from "../../../src/stack/stack-name.ts";
import { folderOf } from "../../support/folder.ts";
import { somePolicy } from "../../support/given.ts";

const image = "[Container]\nImage=docker.io/library/nginx:1.27\n";

function load(files: Readonly<Record<string, string>>): Loaded {
  return loadStack({ folder: folderOf(files), podmanVersion: "5.4.2" });
}

function policy(text: string, file = "web.container"): Policy | undefined {
  return load({ [file]: text }).stack?.units[0]?.policy;
}

t.test("a unit that says nothing has every default", (t) => {
  t.same(policy(image), somePolicy);
  t.end();
});

t.test("readiness alone serves as startup too, liveness alone as all three, and a health command fills the rest", (t) => {
  const kinds = (lines: string, health = ""): readonly (string | undefined)[] => {
    const found = policy(`${image}${health}\n[X-Phoenix]\n${lines}\n`);
    return [found?.startup.kind, found?.readiness.kind, found?.liveness.kind];
  };
  t.same(kinds("Readiness=tcp://:1"), ["tcp", "tcp", "unit"]);
  t.same(kinds("Readiness=tcp://:1", "HealthCmd=true\n"), ["tcp", "tcp", "podman"]);
  t.same(kinds("Liveness=tcp://:1"), ["tcp", "tcp", "tcp"]);
  t.same(kinds("Startup=http://:1/\nLiveness=tcp://:1"), ["http", "tcp", "tcp"]);
  t.same(kinds("Startup=http://:1/", "HealthCmd=true\n"), ["http", "podman", "podman"]);
  t.same(kinds("Period=1s", "HealthCmd=none\n"), ["unit", "unit", "unit"]);
  t.end();
});

t.test("health keys and the stop timeout give a start-up deadline and a grace", (t) => {
  t.equal(policy(`${image}HealthCmd=true\nHealthStartPeriod=60s\nHealthInterval=10s\n`)?.startupDeadlineMs, 90_000);
  t.equal(policy(`${image}HealthStartupCmd=true\nHealthStartupInterval=5s\nHealthStartupRetries=8\n`)?.startupDeadlineMs, 40_000);
  t.equal(policy(`${image}StopTimeout=30\n`)?.graceMs, 30_000);
  t.end();
});

t.test("a drop-in may replace a policy value, reset a list, and serve several units", (t) => {
  const { stack, issues } = load({
    "my-web.container": `${image}PublishPort=8080:80\n\n[X-Phoenix]\nPeriod=5s\n`,
    "my-web.container.d/50.conf": "[X-Phoenix]\nPeriod=7s\n\n[Container]\nPublishPort=\nPublishPort=9090:80\n",
    "my-.container.d/50.conf": "[X-Phoenix]\nPeriod=9s\n",
    "container.d/60.conf": "[X-Phoenix]\nTimeout=2s\n",
  });
  t.same(issues, []);
  t.equal(stack?.units[0]?.policy?.periodMs, 7000, "the more specific folder's 50.conf wins");
  t.equal(stack?.units[0]?.policy?.timeoutMs, 2000);
  t.same(
    stack?.units[0]?.ports.map((port) => port.hostPort),
    [9090],
  );
  t.end();
});

t.test("names that a file system or an attacker could make are refused", (t) => {
  const names = [
    "a/../../x",
    "x\ny",
    "x\0y",
    "%n",
    "$x",
    "-x",
    ".x",
    "x@",
    "x@y",
    `${"a".repeat(300)}`,
    "x y",
    "ä",
    "we\u202eb",
    "dbus",
    "phoenix",
    "systemd-x",
    "_x",
    "a:b",
  ];
  for (const name of names) {
    const { stack, issues } = load({ [`${name}.container`]: image, "good.container": image });
    const isElsewhere = name.includes("/");
    t.equal(stack === undefined, !isElsewhere, JSON.stringify(name));
    t.ok(issues.some((issue) => issue.place?.file === `${name}.container`));
  }
  t.end();
});

t.test("no unit file, however broken, makes the loader throw, and none is deployed with an error", (t) => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "[Container]",
      "[X-Phoenix]",
      "[Unit]",
      "Image=a.build",
      "Image=docker.io/x",
      "Network=x.network",
      "Volume=./a:/b:ro",
      "Mount=type=bind,src=./x",
    ),
    fc.constantFrom(
      "After=web.service",
      "Requires=web.container",
      "PublishPort=1-9:1-9",
      "Period=\\",
      "Readiness=http://:1/",
      'EnvironmentFile="a',
      "Pod=web.pod",
    ),
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 12 }),
      fc.constantFrom("container", "pod", "kube", "network", "volume", "build", "image"),
      (lines, type) => {
        const { stack, issues } = load({ [`web.${type}`]: lines.join("\n"), "other.container": image });
        return (stack === undefined) === issues.some((issue) => issue.severity === "error");
      },
    ),
    { numRuns: 300 },
  );
  t.end();
});

t.test("an input is secret only while nobody mounts it", (t) => {
  const inputs = (lines: string): unknown =>
    load({ "web.container": image + lines, "a.env": "A=1\n" }).stack?.inputs.map((one) => [one.source, one.secret]);
  t.same(inputs("EnvironmentFile=a.env\n"), [["a.env", true]]);
  t.same(inputs("EnvironmentFile=a.env\nVolume=./a.env:/a.env:ro\n"), [["a.env", false]]);
  t.same(inputs("EnvironmentFile=/home/me/shop/a.env\n"), [["a.env", true]], "also by its absolute path");
  t.same(inputs("Volume=./a.env:/a.env:ro,U\n"), [], "U changes the owner of the original");
  t.same(inputs("Volume=./a.env:/a.env:ro\nVolume=..:/all\n"), [], "somebody writes into a folder above");
  t.same(inputs("Volume=./a.env:/a.env:ro\nVolume=/:/all\n"), [], "somebody writes everywhere");
  t.end();
});

t.test("what is larger than 64 MiB is left in place", (t) => {
  const folder = folderOf({ "web.container": `${image}Volume=./big:/big:ro\n`, "big/data": "" });
  const entries = folder.entries.map((entry) =>
    entry.path === "big/data" ? { ...entry, sizeBytes: 65 * 1024 * 1024 } : entry,
  ) as typeof folder.entries;
  const { stack, issues } = loadStack({ folder: { ...folder, entries }, podmanVersion: "5.4.2" });
  t.same(
    issues.map((issue) => [issue.severity, issue.code, issue.place?.line]),
    [["warning", "input-large", 3]],
  );
  t.same(stack?.inputs, []);
  t.same([...(stack?.units[0]?.paths ?? [])], [["./big", { path: "/home/me/shop/big" }]]);
  t.end();
});

t.test("a stack is called as one says, or as its folder, or as its parent where that is generic", (t) => {
  const name = (root: string, wanted?: string): unknown => {
    const chosen = chooseStackName(root, wanted);
    return "name" in chosen ? chosen.name : chosen.issue.code;
  };
  t.equal(name("/home/me/shop"), "shop");
  t.equal(name("/home/me/shop/quadlet"), "shop");
  t.equal(name("/home/me/shop/quadlet", "blog"), "blog");
  for (const bad of ["Shop", "a".repeat(41), "-a", "", "a_b", "../a"]) t.equal(name("/home/me/shop", bad), "stack-name", bad);
  t.equal(name("/quadlet"), "stack-name");
  t.end();
});

t.test("keys that every JavaScript object has are unknown keys all the same", (t) => {
  for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    const { stack, issues } = load({ "web.container": `${image}\n[X-Phoenix]\n${key}=1\n` });
    t.equal(stack, undefined, key);
    t.same(
      issues.map((issue) => [issue.code, issue.place?.line]),
      [["policy-key", 5]],
      key,
    );
  }
  t.end();
});

t.test("every probe can be written as it was read", (t) => {
  const texts = [
    "http://:8080/health?x=1",
    "https://example.org:443/",
    "tcp://:5432",
    "postgres://[::1]:5432",
    "redis://:6379",
    "podman:",
    "unit:",
    "exec:test -f /x",
  ];
  for (const text of texts) {
    const parsed = parseProbe(text);
    t.equal("probe" in parsed ? showProbe(parsed.probe) : parsed.problem, text);
  }
  t.same(parseProbe("postgres://"), { probe: { kind: "postgres", port: 5432 } });
  t.same(parseProbe('exec:sh -c "a b"'), { probe: { kind: "exec", argv: ["sh", "-c", "a b"] } });
  for (const bad of [
    "",
    "http",
    "http:/:80",
    "tcp://:0",
    "tcp://:99999",
    "tcp://a b:1",
    "tcp://:1/x",
    "http://:1/\u00e4",
    "http://u:p@h:1/",
    "exec:",
    "exec: ",
    "unit:x",
    "constructor://:1",
  ]) {
    t.ok("problem" in parseProbe(bad), bad);
  }
  t.end();
});

t.test("time spans are read in linear time, whatever they hold", (t) => {
  t.same(["10", "500ms", "1min 30s", "1m30s", "1.5h", "", "x", "10 y", "-1", "1,5s"].map(parseTimeSpan), [
    10_000,
    500,
    90_000,
    90_000,
    5_400_000,
    ...new Array(5),
  ]);
  const started = performance.now();
  t.equal(parseTimeSpan(`${"1".repeat(100_000)}!`), undefined);
  t.equal(parseTimeSpan(`${"1 ".repeat(50_000)}!`), undefined);
  t.ok(performance.now() - started < 2000);
  t.end();
});

const chain = [
  { service: "web.service", after: ["api.service"], requires: [] },
  { service: "api.service", after: ["db.service"], requires: ["db.service"] },
  { service: "db.service", after: ["net.service", "elsewhere.service"], requires: ["net.service"] },
  { service: "net.service", after: [], requires: [] },
];

t.test("services start after what they need, and stop with what they require", (t) => {
  t.same(
    startOrder(chain).map((unit) => unit.service),
    ["net.service", "db.service", "api.service", "web.service"],
  );
  t.same([...dependents(chain, "db.service")].sort(), ["api.service", "web.service"]);
  t.same([...stoppedWith(chain, "net.service")].sort(), ["api.service", "db.service"]);
  t.equal(findCycle(chain), undefined);
  const loop = [...chain, { service: "net2.service", after: ["web.service"], requires: [] }].map((unit) =>
    unit.service === "net.service" ? { ...unit, after: ["net2.service"] } : unit,
  );
  t.same(findCycle(loop), ["api.service", "db.service", "net.service", "net2.service", "web.service", "api.service"]);
  t.equal(startOrder(loop).length, 5, "a cycle loses nobody");
  t.end();
});

t.test("mutual wants make no cycle of their own", (t) => {
  const files = { "a.container": `[Unit]\nWants=b.service\n\n${image}`, "b.container": `[Unit]\nWants=a.service\n\n${image}` };
  const { stack, issues } = load(files);
  t.same(issues, []);
  t.same(
    stack?.units.map((unit) => unit.after),
    [["b.service"], []],
  );
  t.end();
});

t.test("the cost of loading grows with the number of services, not with its square", (t) => {
  // Processor time, and only compared with itself: the machine may be busy.
  const cost = (count: number): number => {
    const files = Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `s${index}.container`,
        `[Unit]\n${index === 0 ? "" : `After=s${index - 1}.service\n`}\n${image}Network=n.network\n`,
      ]),
    );
    const { user } = process.cpuUsage();
    t.ok(load({ ...files, "n.network": "[Network]\n" }).stack);
    return process.cpuUsage().user - user;
  };
  cost(200);
  const [few, many] = [cost(200), cost(1600)];
  t.ok(many / few < 32, `8 times the services cost ${(many / few).toFixed(1)} times as much; 64 would be the square`);
  t.end();
});
