import t from "tap";
import type { CheckResult } from "../../../src/check/verify/check.ts";
import type { Facts, Known } from "../../../src/check/verify/facts.ts";
import { checks, runChecks } from "../../../src/check/verify/table.ts";
import { internalNetworks, memberPorts, namesOfUnit } from "../../../src/check/verify/topology.ts";
import { digestLabel } from "../../../src/domain/generation.ts";
import { emptyLedger } from "../../../src/domain/ledger.ts";
import type { ContainerDetail, VolumeDetail } from "../../../src/domain/observed.ts";
import { generationOf, running, somePolicy, stateOf, unitOf } from "../../support/given.ts";

const hardened = `[Container]
Image=a
User=1000
NoNewPrivileges=true
ReadOnly=true
DropCapability=all
AddCapability=net_bind_service
Secret=pw,type=mount,uid=1000
Volume=data.volume:/data
NetworkAlias=front

[Service]
MemoryMax=100M
`;
const http = { kind: "http", tls: false, port: 8080, path: "/" } as const;
const web = unitOf("web.container", {
  text: hardened,
  networks: ["inner"],
  volumes: ["data"],
  policy: { ...somePolicy, readiness: http, liveness: http },
  image: { reference: "a", id: "1".repeat(64), tag: "localhost/phoenix/demo/web:1" },
});
const data = unitOf("data.volume", { text: "[Volume]\n", object: "data" });
const inner = unitOf("inner.network", { text: "[Network]\nInternal=true\n", object: "inner" });
const generation = generationOf(3, [web, data, inner]);
const port = { hostAddress: "127.0.0.1", hostPort: 8080, containerPort: 8080, protocol: "tcp" as const };

const loaded = (service: string, more = {}) =>
  stateOf(service, {
    sourcePath: "/home/x/.local/state/phoenix/stacks/demo/generations/0003/units/x",
    fragmentPath: `/run/user/1000/systemd/generator/${service}`,
    ...more,
  });

const container: ContainerDetail = {
  name: web.object,
  pid: 42,
  process: { uid: 1000, groups: [1000], overridesPermissions: false },
  user: "1000",
  readOnly: true,
  privileged: false,
  securityOptions: ["no-new-privileges"],
  capabilities: ["CAP_NET_BIND_SERVICE"],
  networks: [{ name: "inner", addresses: ["10.89.0.2"] }],
  volumes: [{ name: "data", path: "/data", writable: true }],
};

const volume: VolumeDetail = {
  name: "data",
  driver: "local",
  options: {},
  labels: { [digestLabel]: data.digest },
  createdAt: "",
  mountPath: "/v/data",
  root: { uid: 1000, gid: 1000, mode: 0o755 },
};

const answered = (outcome: "success" | "failure" | "error", detail = "HTTP 200") => ({ outcome, detail, latencyMs: 1 });

/** A machine on which everything is as it should be. */
const fine: Known = {
  observed: running(generation, {
    units: new Map(generation.units.map(({ service }) => [service, loaded(service)])),
    secrets: ["pw"],
  }),
  drift: [],
  preflight: { issues: [], generated: new Map([[web.service, "[Service]\nExecStart=podman run --a --b img\n"]]) },
  boot: {
    files: [
      { path: "/h/containers/systemd/phoenix/demo/web.container", service: web.service },
      { path: "/h/containers/systemd/mine.container", service: "mine.service" },
      { path: "/h/containers/systemd/other.container", service: "other.service" },
    ],
    units: [
      { service: web.service, text: "[Service]\nExecStart=podman run --b --a img\n" },
      { service: "mine.service", text: "" },
      { service: "other.service", text: "" },
    ],
    messages: [],
  },
  probes: [{ unit: web, shown: "http://:8080/", result: answered("success") }],
  published: [{ unit: web, port, result: answered("success") }],
  names: [{ unit: web, network: "inner", name: "front", answer: { addresses: ["10.89.0.2"] }, owned: ["10.89.0.2"] }],
  reaches: [{ unit: web, to: { kind: "outside", address: "203.0.113.1" }, outcome: "unreachable" }],
  containers: [container],
  volumes: [volume],
  kept: [{ number: 3, generation, isFailed: false }],
  imageTags: new Map([["localhost/phoenix/demo/web:1", "1".repeat(64)]]),
  controllers: ["memory", "pids"],
};

function results(more: Partial<Known> = {}, unknown: Partial<Record<keyof Known, string>> = {}): ReadonlyMap<string, CheckResult> {
  const facts = Object.fromEntries(
    Object.entries({ ...fine, ...more }).map(([key, known]) => {
      const because = unknown[key as keyof Known];
      return [key, because === undefined ? { known } : { unknown: because }];
    }),
  ) as Facts;
  return new Map(runChecks(facts).map((result) => [result.name, result]));
}

/** Everything else stays fine: a check that cries about its neighbour's trouble would make two of one. */
function only(name: string, more: Partial<Known>): CheckResult {
  const found = results(more);
  for (const [other, result] of found) {
    if (other !== name && result.outcome !== "fine") throw new Error(`${other} beside ${name}: ${JSON.stringify(result)}`);
  }
  const result = found.get(name);
  if (result === undefined) throw new Error(`no check ${name}`);
  return result;
}

const observedWith = (more: Partial<Known["observed"]>): Partial<Known> => ({ observed: { ...fine.observed, ...more } });

t.test("where everything is as it should be, every check is fine and says what it saw", async (t) => {
  for (const [name, { outcome, seen, findings, unchecked }] of results()) {
    t.equal(outcome, "fine", `${name}: ${JSON.stringify(findings)}`);
    t.same(unchecked, [], name);
    t.not(seen, "", name);
  }
  t.equal(new Set(checks.map(({ name }) => name)).size, checks.length);
});

t.test("what could not be asked is told with its reason, and hides nothing else", async (t) => {
  const found = results(
    { probes: [{ unit: web, shown: "x", result: answered("failure") }] },
    { volumes: "podman hangs", boot: "no generator" },
  );
  t.match(found.get("volumes"), { outcome: "unchecked", unchecked: ["podman hangs"] });
  t.match(found.get("quadlet"), { outcome: "unchecked", unchecked: ["no generator"] });
  t.equal(found.get("probes")?.outcome, "wrong");
});

t.test("a service that is down is named with the reason; one that a person stopped is not wrong", async (t) => {
  const units = new Map([...fine.observed.units, [web.service, loaded(web.service, { activeState: "failed", result: "exit-code" })]]);
  const result = only("units", observedWith({ units }));
  t.match(result.findings, [
    { code: "service-down", message: "web.service does not run: it is failed.", place: { file: "web.container" } },
  ]);
  const stopped = only("units", observedWith({ units, ledger: { ...fine.observed.ledger, stoppedByHand: new Set([web.service]) } }));
  t.match(stopped, { outcome: "fine", unchecked: ["web.service was stopped by hand"] });
});

t.test("a service that Phoenix gave up on is wrong although it may run right now", async (t) => {
  const openBreakers = new Map([[web.service, { at: 1, because: "5 restarts in 10 min" }]]);
  const { findings } = only("units", observedWith({ ledger: { ...fine.observed.ledger, openBreakers } }));
  t.match(findings, [{ code: "service-given-up", message: /gave up on web\.service for now: 5 restarts/ }]);
});

t.test("a probe that says no is wrong, one that could not be asked is not checked, none at all is said", async (t) => {
  t.match(only("probes", { probes: [{ unit: web, shown: "http://:8080/", result: answered("failure", "HTTP 500") }] }).findings, [
    { code: "probe-failed", message: "web.service fails its probe http://:8080/: HTTP 500." },
  ]);
  t.match(only("probes", { probes: [{ unit: web, shown: "http://:8080/", result: answered("error", "too busy") }] }), {
    outcome: "fine",
    unchecked: ["web.service, http://:8080/: too busy"],
  });
  const bare = generationOf(3, [unitOf("job.container"), inner]);
  const { unchecked } = results(observedWith({ current: bare })).get("probes") ?? { unchecked: [] };
  t.match(unchecked, ["job.service has no probe: only systemd's word says that it works"]);
});

t.test("a published port that does not answer is wrong; UDP cannot be asked", async (t) => {
  t.match(only("ports", { published: [{ unit: web, port, result: answered("failure", "nobody behind it answers") }] }).findings, [
    { code: "port-silent", message: "web.service does not answer at 127.0.0.1:8080: nobody behind it answers." },
  ]);
  const udp = { ...port, protocol: "udp" as const };
  t.match(only("ports", { published: [{ unit: web, port: udp, result: undefined }] }).unchecked, [/127\.0\.0\.1:8080\/udp/]);
});

t.test("a name that is unknown, or leads where nobody of that name is, is wrong", async (t) => {
  const name = fine.names[0] as Known["names"][number];
  t.match(only("dns", { names: [{ ...name, answer: { addresses: [] } }] }).findings, [
    { message: "The DNS of inner does not know front." },
  ]);
  t.match(only("dns", { names: [{ ...name, answer: { addresses: ["10.89.0.2", "10.89.0.9"] } }] }).findings, [
    { code: "dns-wrong", message: "The DNS of inner leads front to 10.89.0.9, where no container of that name is." },
  ]);
  t.equal(only("dns", { names: [{ ...name, answer: { addresses: ["10.89.0.9"] }, owned: undefined }] }).outcome, "fine");
  t.match(only("dns", { names: [{ ...name, answer: { unknown: "no answer" } }] }).unchecked, ["front on inner: no answer"]);
});

t.test("a way out of an internal network is wrong, and so is a stranger that reaches a member", async (t) => {
  const out = { unit: web, to: { kind: "outside", address: "203.0.113.1" } } as const;
  t.match(only("isolation", { reaches: [{ ...out, outcome: "connected" }] }).findings, [
    { code: "network-open", message: /has a way out/ },
  ]);
  const to = { kind: "member", network: "inner", service: "db.service", address: "10.89.0.3", port: 5432 } as const;
  for (const outcome of ["connected", "refused"] as const) {
    t.match(only("isolation", { reaches: [{ unit: web, to, outcome }] }).findings, [
      { message: "web.service reaches db.service at 10.89.0.3:5432, though it is not on inner." },
    ]);
  }
  for (const outcome of ["silent", "unreachable"] as const)
    t.equal(only("isolation", { reaches: [{ unit: web, to, outcome }] }).outcome, "fine");
  t.match(only("isolation", { reaches: [{ unit: web, to, outcome: { unknown: "it ended" } }] }).unchecked, ["from web.service: it ended"]);
});

t.test("a volume that is gone, or that its service may not write, is wrong", async (t) => {
  t.match(only("volumes", { volumes: [] }).findings, [
    { code: "volume-missing", message: "The volume data is not there.", place: { file: "data.volume" } },
  ]);
  const owned = (root: VolumeDetail["root"], mount = true, process = container.process): CheckResult =>
    only("volumes", {
      volumes: [{ ...volume, root }],
      containers: [{ ...container, process, volumes: [{ name: "data", path: "/data", writable: mount }] }],
    });
  t.match(owned({ uid: 0, gid: 0, mode: 0o755 }).findings, [
    {
      code: "volume-owner",
      message: /runs as user 1000 and may not write .* belongs to 0:0, mode 0755/,
      remedy: "podman unshare chown 1000:1000 /v/data",
    },
  ]);
  t.match(
    owned({ uid: 1000, gid: 0, mode: 0o577 }).findings,
    [{ remedy: "podman unshare chmod u+rwx /v/data" }],
    "the owner's bits alone count for the owner",
  );
  t.match(owned({ uid: 0, gid: 0, mode: 0o750 }, false).findings, [{ message: /may not read/ }]);
  t.equal(owned({ uid: 0, gid: 0, mode: 0o755 }, false).outcome, "fine", "reading is enough for a read-only mount");
  t.equal(owned({ uid: 0, gid: 1000, mode: 0o770 }).outcome, "fine", "its group may");
  t.equal(owned({ uid: 0, gid: 0, mode: 0o700 }, true, { uid: 0, groups: [0], overridesPermissions: true }).outcome, "fine", "root may");
  t.match(owned(undefined).unchecked, [/who owns data/]);
});

t.test("a volume that keeps older options is worth a warning", async (t) => {
  const { outcome, findings } = only("volumes", { volumes: [{ ...volume, labels: { [digestLabel]: "old" } }] });
  t.equal(outcome, "warning");
  t.match(findings, [{ severity: "warning", message: /keeps the options of then/ }]);
});

t.test("a secret that is gone is wrong", async (t) => {
  t.match(only("secrets", observedWith({ secrets: [] })).findings, [
    { code: "secret-missing", message: /secret pw is gone: web\.service cannot start again/ },
  ]);
});

t.test("each security option that the running container lacks is named", async (t) => {
  const say = (more: Partial<ContainerDetail>) =>
    only("security", { containers: [{ ...container, ...more }] }).findings.map(({ message }) => message);
  t.same(say({ securityOptions: ["label=disable"] }), ["web.service runs without the NoNewPrivileges=true of its unit."]);
  t.match(say({ readOnly: false }), [/can write, and its unit says ReadOnly=true/]);
  t.same(say({ user: "" }), ["web.service runs as user 'root', and its unit says 1000."]);
  t.match(say({ privileged: true }), [/privileged, which its unit does not ask for/]);
  t.same(say({ capabilities: ["CAP_NET_BIND_SERVICE", "CAP_CHOWN"] }), ["web.service runs with CAP_CHOWN, which its unit drops."]);
});

t.test("what a unit does not ask for is not missed", async (t) => {
  const plain = generationOf(3, [unitOf("web.container")]);
  const bare = { ...container, user: "", readOnly: false, securityOptions: [], capabilities: ["CAP_CHOWN"], volumes: [] };
  t.same(results({ ...observedWith({ current: plain }), containers: [bare] }).get("security")?.findings, []);
});

t.test("limits without their controller are not enforced, and said so calmly", async (t) => {
  t.match(only("limits", { controllers: ["pids"] }), {
    outcome: "unchecked",
    unchecked: ["MemoryMax of web.service is not enforced here: only pids are delegated to this user"],
  });
  t.match(only("limits", { controllers: [] }).unchecked, [/no controller is delegated/]);
  t.match(only("limits", { controllers: undefined }).unchecked, [/does not say/]);
});

t.test("edited files, overrides, a strange live link and an unfinished change are drift", async (t) => {
  const messages = (more: Partial<Known>) => only("drift", more).findings.map(({ message }) => message);
  t.match(messages({ drift: [{ file: "web.container", kind: "edited" }] }), [
    /web\.container of the running generation was edited by hand/,
  ]);
  t.match(messages(observedWith({ live: 2 })), [/should lead to generation 3, and leads to generation 2/]);
  t.match(messages(observedWith({ live: undefined })), [/something that is not ours/]);
  const pending = { generation: 4, from: 3, verb: "deploy", at: 1 };
  t.match(messages(observedWith({ ledger: { ...fine.observed.ledger, pending } })), [/A change to generation 4 \(deploy\) is under way/]);
  const units = (more: object) => observedWith({ units: new Map([...fine.observed.units, [web.service, loaded(web.service, more)]]) });
  const dropIn = "/home/x/.config/systemd/user/web.service.d/mine.conf";
  t.match(messages(units({ dropInPaths: [dropIn, "/usr/lib/systemd/user/service.d/10-timeout.conf"] })), [
    `web.service is changed by ${dropIn}.`,
  ]);
  t.match(messages(units({ fragmentPath: "/etc/systemd/user/web.service" })), [/is hidden by \/etc\/systemd\/user/]);
});

t.test("a container made from another text, or left over, is drift", async (t) => {
  const [first] = fine.observed.containers;
  if (first === undefined) throw new Error("no container");
  const other = { ...first, labels: { [digestLabel]: "other" } };
  t.match(only("drift", observedWith({ containers: [other] })).findings, [
    { code: "unit-drift", message: /what runs was made from another text/ },
  ]);
});

t.test("a drop-in in another Quadlet folder shows in the command that the generator would make", async (t) => {
  const [, ...rest] = fine.boot.units;
  const boot = {
    ...fine.boot,
    units: [{ service: web.service, text: "[Service]\nExecStart=podman run --a --b --privileged img\n" }, ...rest],
  };
  t.match(only("drift", { boot }).findings, [{ message: /next reload makes another command of web\.container/ }]);
});

t.test("what a deploy would refuse today is said by the same words", async (t) => {
  const issue = { severity: "error", code: "generator-refused", message: "Podman's generator says: no" } as const;
  t.match(only("accepted", { preflight: { ...fine.preflight, issues: [issue] } }).findings, [issue]);
});

t.test("an image that is gone is wrong for what may be rolled back to, and a remark for what failed", async (t) => {
  t.match(only("images", { imageTags: new Map() }).findings, [
    { severity: "error", code: "image-gone", message: /generation 3 is gone \(a, localhost\/phoenix\/demo\/web:1\)/ },
  ]);
  t.match(only("images", { imageTags: new Map([["localhost/phoenix/demo/web:1", "2"]]) }).findings, [{ message: /is another one/ }]);
  const failed = { number: 2, generation: generationOf(2, [web]), isFailed: true };
  t.equal(only("images", { kept: [failed], imageTags: new Map() }).outcome, "warning");
  t.match(only("images", { kept: [{ number: 1, generation: { unknown: "it is torn" }, isFailed: false }] }).findings, [
    { code: "generation-damaged" },
  ]);
});

t.test("a file that cannot be parsed takes its neighbours down, not those of other folders", async (t) => {
  const bad = "/h/containers/systemd/bad.container";
  const boot = {
    files: [...fine.boot.files, { path: bad, service: "bad.service" }],
    units: fine.boot.units.filter(({ service }) => service === web.service),
    messages: [`error loading "${bad}", file contains line 1: “garbage” which is not a key-value pair`],
  };
  const { findings } = only("quadlet", { boot });
  t.match(findings, [
    { severity: "error", code: "foreign-broken", place: { file: bad }, message: /mine\.service, other\.service would be gone/ },
  ]);
  t.notMatch(findings[0]?.message, /bad\.service|web\.service/);
});

t.test("a file that is understood and refused is a warning about itself", async (t) => {
  const messages = [`converting "mine.container": unsupported key 'X' in group 'Container' in /h/containers/systemd/mine.container`];
  t.match(only("quadlet", { boot: { ...fine.boot, messages } }), {
    outcome: "warning",
    findings: [
      {
        place: { file: "/h/containers/systemd/mine.container" },
        message: "Podman's generator makes no unit of it: unsupported key 'X' in group 'Container'.",
      },
    ],
  });
});

t.test("the topology is read from the units: internal networks, names, ports", async (t) => {
  t.same([...internalNetworks([inner, unitOf("open.network", { text: "[Network]\n" })])], ["inner"]);
  t.same(namesOfUnit(web), ["systemd-web", "front"]);
  t.same(namesOfUnit(unitOf("member.container", { text: "[Container]\nImage=a\nPod=x.pod\n" })), []);
  t.same(memberPorts({ ...web, ports: [port, { ...port, containerPort: 53, protocol: "udp" }] }), [8080]);
  t.same(memberPorts(unitOf("a.container", { policy: { ...somePolicy, readiness: { ...http, host: "example.org" } } })), []);
});

t.test("a stack that was torn down has nothing to be wrong", async (t) => {
  const empty = generationOf(0, []);
  const observed = running(empty, { ledger: emptyLedger, live: 0 });
  const found = results({ observed, probes: [], published: [], names: [], reaches: [], containers: [], volumes: [] });
  for (const [name, { outcome }] of found) t.equal(outcome, "fine", name);
});
