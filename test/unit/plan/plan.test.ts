import t from "tap";
import { emptyLedger } from "../../../src/domain/ledger.ts";
import { diffGenerations, isNothing } from "../../../src/plan/diff.ts";
import { keptGenerations } from "../../../src/plan/keep.ts";
import { changedKeys, diffLines } from "../../../src/plan/lines.ts";
import { orderSteps } from "../../../src/plan/order.ts";
import { ownData } from "../../../src/plan/own-data.ts";
import { rollbackTarget } from "../../../src/plan/target.ts";
import { planLines, planSummary, probeLines } from "../../../src/plan/text.ts";
import { generationOf, running, somePolicy, stateOf, unitOf } from "../../support/given.ts";

const network = unitOf("app.network");
const web = unitOf("web.container", { after: ["app-network.service"], requires: ["app-network.service"], networks: ["systemd-app"] });
const db = unitOf("db.container", { after: ["app-network.service"], requires: ["app-network.service"] });
const changed = (unit: typeof web, text = "[Container]\nImage=b\n") => ({ ...unit, text, digest: `digest of ${text}` });
const before = generationOf(1, [network, db, web]);

type Told = readonly (readonly [string, string, string])[];
const told = (changes: ReturnType<typeof diffGenerations>): Told =>
  changes.filter((change) => change.kind !== "keep").map((change) => [change.unit.file, change.kind, change.action] as const);

const steps = (wanted: typeof before, observed: ReturnType<typeof running>, removeVolumes = false): readonly string[] =>
  orderSteps(diffGenerations(wanted, observed), {
    stack: "demo",
    generation: wanted.number,
    from: observed.ledger.current,
    units: wanted.units,
    existingSecrets: observed.secrets,
    ...(removeVolumes ? { remove: ownData(observed) } : {}),
  }).map(
    (step) =>
      `${step.name}${"service" in step ? ` ${step.service}` : "network" in step ? ` ${step.network}` : "volume" in step ? ` ${step.volume}` : "secret" in step ? ` ${step.secret}` : ""}`,
  );

t.test("what runs as it should needs nothing", async (t) => {
  t.ok(isNothing(diffGenerations(before, running(before))));
});

t.test("a first deploy adds everything, in dependency order", async (t) => {
  const none = running(generationOf(0, []));
  t.same(told(diffGenerations(before, none)), [
    ["app.network", "add", "start"],
    ["db.container", "add", "start"],
    ["web.container", "add", "start"],
  ]);
  t.same(steps(before, none), [
    "record-pending",
    "switch-link",
    "reload-manager",
    "check-loaded",
    "start-unit app-network.service",
    "start-unit db.service",
    "start-unit web.service",
    "await-gate",
    "record-good",
  ]);
});

t.test("a changed unit restarts, and nobody else", async (t) => {
  const wanted = generationOf(2, [network, db, changed(web)]);
  t.same(told(diffGenerations(wanted, running(before))), [["web.container", "change", "restart"]]);
});

t.test("a changed text of the same effect is recorded and restarts nothing", async (t) => {
  const wanted = generationOf(2, [network, db, { ...web, text: `# why\n${web.text}` }]);
  t.same(told(diffGenerations(wanted, running(before))), [["web.container", "policy", "none"]]);
  const policy = generationOf(2, [network, db, { ...web, policy: { ...somePolicy, periodMs: 5000 } }]);
  t.same(told(diffGenerations(policy, running(before))), [["web.container", "policy", "none"]]);
});

t.test("a service whose required dependency restarts is named as restarting", async (t) => {
  const api = unitOf("api.container", { after: ["db.service"], requires: ["db.service"] });
  const both = generationOf(1, [network, db, api]);
  const wanted = generationOf(2, [network, changed(db), api]);
  const changes = diffGenerations(wanted, running(both));
  t.same(told(changes), [
    ["db.container", "change", "restart"],
    ["api.container", "repair", "restart"],
  ]);
  t.match(changes.find((change) => change.service === "api.service")?.because, ["it requires db.service, which restarts"]);
});

t.test("a changed network stops its users first, is removed, and comes back before them", async (t) => {
  const wanted = generationOf(2, [changed(network, "[Network]\nSubnet=10.1.0.0/24\n"), db, web]);
  t.same(steps(wanted, running(before)), [
    "record-pending",
    "stop-unit web.service",
    "stop-unit db.service",
    "stop-unit app-network.service",
    "remove-network systemd-app",
    "switch-link",
    "reload-manager",
    "check-loaded",
    "start-unit app-network.service",
    "start-unit db.service",
    "start-unit web.service",
    "await-gate",
    "record-good",
  ]);
});

t.test("a volume is never recreated: its data would go", async (t) => {
  const volume = unitOf("data.volume");
  const first = generationOf(1, [volume, web]);
  const wanted = generationOf(2, [changed(volume, "[Volume]\nLabel=x\n"), web]);
  const changes = diffGenerations(wanted, running(first));
  t.same(told(changes), [["data.volume", "change", "none"]]);
  t.match(planLines({ changes, unknownImages: new Map(), showLines: false }).join("\n"), /keeps its old options and its data/);
});

t.test("a removed unit is stopped before the switch, because its ExecStop goes with its file", async (t) => {
  const list = steps(generationOf(2, [network, db]), running(before));
  t.ok(list.indexOf("stop-unit web.service") < list.indexOf("switch-link") && list.includes("stop-unit web.service"));
});

t.test("a teardown keeps volumes and secrets unless they are asked for", async (t) => {
  const first = generationOf(1, [unitOf("data.volume"), { ...web, policy: { ...somePolicy, generateSecrets: ["key"] } }]);
  const nothing = generationOf(0, []);
  const now = running(first, { secrets: ["key", "a person's"] });
  const removals = (list: readonly string[]) => list.filter((step) => /^remove-(volume|secret)/.test(step));
  t.same(removals(steps(nothing, now)), []);
  t.same(removals(steps(nothing, now, true)), ["remove-volume systemd-data", "remove-secret key"]);
});

t.test("data that an earlier teardown left is still removed when it is asked for, and only what exists", async (t) => {
  const first = generationOf(1, [unitOf("data.volume"), { ...web, policy: { ...somePolicy, generateSecrets: ["key"] } }]);
  const nothing = generationOf(0, []);
  const torn = { ...running(nothing), known: running(first).known, secrets: ["key"] };
  t.same(ownData({ ...torn, volumes: running(first).volumes }), { volumes: ["systemd-data"], secrets: ["key"] });
  t.same(ownData({ ...torn, secrets: [] }), { volumes: [], secrets: [] });
});

t.test("drift is seen: a dead unit, a missing container, network or volume, a container of another text", async (t) => {
  const at = (more: Parameters<typeof running>[1]) => told(diffGenerations(before, running(before, more)));
  const good = running(before);
  const dead = new Map([...good.units, ["web.service", stateOf("web.service", { activeState: "failed" })]]);
  t.same(at({ units: dead }), [["web.container", "repair", "start"]]);
  t.same(at({ containers: good.containers.filter((one) => one.name !== "systemd-web") }), [["web.container", "repair", "restart"]]);
  t.same(at({ networks: [] }), [
    ["app.network", "repair", "restart"],
    ["db.container", "repair", "restart"],
    ["web.container", "repair", "restart"],
  ]);
  const old = good.containers.map((one) => (one.name === "systemd-web" ? { ...one, labels: { "io.phoenix.digest": "old" } } : one));
  t.same(at({ containers: old }), [["web.container", "repair", "restart"]]);
});

t.test("a oneshot that ended well is done, and runs again only when it changes", async (t) => {
  const job = unitOf("job.container", { text: "[Container]\nImage=a\n[Service]\nType=oneshot\n" });
  const first = generationOf(1, [job]);
  const ended = { units: new Map([["job.service", stateOf("job.service", { activeState: "inactive" })]]), containers: [] };
  t.same(told(diffGenerations(first, running(first, ended))), []);
  t.same(told(diffGenerations(generationOf(2, [changed(job, "[Container]\nImage=b\n[Service]\nType=oneshot\n")]), running(first, ended))), [
    ["job.container", "change", "start"],
  ]);
});

t.test("a pod that a cut-off change may have restarted counts as changed", async (t) => {
  const pod = unitOf("p.pod");
  const first = generationOf(1, [pod]);
  const second = generationOf(2, [changed(pod, "[Pod]\nX=1\n")]);
  t.same(told(diffGenerations(first, running(first))), []);
  t.same(told(diffGenerations(first, running(first, { pending: second }))), [["p.pod", "repair", "restart"]]);
});

t.test("units that an earlier generation left running are stopped", async (t) => {
  const left = { known: new Map([...running(before).known, ["old.service", unitOf("old.container")]]) };
  t.same(told(diffGenerations(before, running(before, left))), []);
  const up = { ...left, units: new Map([...running(before).units, ["old.service", stateOf("old.service")]]) };
  t.same(told(diffGenerations(before, running(before, up))), [["old.container", "remove", "stop"]]);
});

t.test("secrets are created before anything starts, and only the missing ones", async (t) => {
  const needy = unitOf("web.container", { policy: { ...somePolicy, generateSecrets: ["key", "salt"] } });
  const list = steps(generationOf(1, [needy]), running(generationOf(0, []), { secrets: ["salt"] }));
  t.same(list.slice(0, 2), ["record-pending", "create-secret key"]);
  t.notOk(list.includes("create-secret salt"));
});

t.test("a rollback goes to what ran before, never to the failed one, else to the newest good one", async (t) => {
  const ledger = { ...emptyLedger, current: 4, good: [2, 3, 4], failed: [5] };
  t.equal(rollbackTarget({ ...ledger, pending: { generation: 5, from: 4, verb: "deploy", at: 0 } }, 5), 4);
  t.equal(rollbackTarget(ledger, 4), 3);
  t.equal(rollbackTarget({ ...ledger, good: [4] }, 4), 0);
  t.equal(rollbackTarget({ ...ledger, current: 0, good: [3], pending: { generation: 4, from: 0, verb: "deploy", at: 0 } }, 4), 0);
});

t.test("the last 10 good, the last 3 failed, what runs and what is being deployed are kept", async (t) => {
  const good = Array.from({ length: 14 }, (_, index) => index + 1);
  const ledger = {
    ...emptyLedger,
    current: 2,
    good,
    failed: [15, 16, 17, 18],
    pending: { generation: 19, from: 2, verb: "deploy", at: 0 },
  };
  const keep = keptGenerations(
    ledger,
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
  t.same([...keep], [2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20]);
});

t.test("the text names sign, action and reason, and says what a build has yet to tell", async (t) => {
  const image = (id: string) => ({ reference: "web.build", id: id.repeat(64), tag: `localhost/x:${id}` });
  const old = { ...web, image: image("a") };
  const wanted = generationOf(2, [network, db, { ...changed(web), image: image("b") }]);
  const changes = diffGenerations(wanted, running(generationOf(1, [network, db, old])));
  t.same(planLines({ changes, unknownImages: new Map(), showLines: true }), [
    "  ~ web.container  restart     image web.build aaaaaaaaaaaa → bbbbbbbbbbbb",
    "      - Image=a",
    "      + Image=b",
  ]);
  t.match(planLines({ changes, unknownImages: new Map([["web.container", "build"]]), showLines: false }), [/image \(known after build\)$/]);
  t.equal(planSummary(changes), "0 to add, 1 to change, 0 to remove; restarts web.service");
  t.same(
    probeLines({
      units: [
        {
          ...web,
          route: { via: "prober", network: "app", name: "web" },
          policy: { ...somePolicy, readiness: { kind: "tcp", port: 80 }, liveness: { kind: "tcp", port: 80 } },
        },
      ],
    }),
    ["  web.service: tcp://:80 every 10 s, in network app, to web"],
  );
});

t.test("lines that differ are found like diff does, and reasons name keys and inputs", async (t) => {
  t.same(diffLines("a\nb\nc\n", "a\nx\nc\n"), ["- b", "+ x"]);
  t.same(diffLines("", "a\n"), ["+ a"]);
  t.same(diffLines("a\n", "a\n"), []);
  const input = (digest: string) => ({
    source: "nginx.conf",
    digest,
    path: `/files/${digest}/nginx.conf`,
    kind: "file" as const,
    secret: false,
  });
  const one = unitOf("web.container", { text: "[Container]\nVolume=/files/1/nginx.conf:/x:ro\nUser=1\n", inputs: [input("1")] });
  const two = unitOf("web.container", { text: "[Container]\nVolume=/files/2/nginx.conf:/x:ro\nUser=2\n", inputs: [input("2")] });
  t.same(changedKeys(one, two), ["nginx.conf changed", "User changed"]);
});
