import fc from "fast-check";
import t from "tap";
import type { Generation, GenerationUnit, PinnedImage } from "../../../src/domain/generation.ts";
import { appendEntry, type UnitDocument } from "../../../src/quadlet/document.ts";
import { effectiveText } from "../../../src/quadlet/effective.ts";
import { keysOf } from "../../../src/quadlet/keys.ts";
import { parseDocument } from "../../../src/quadlet/parse.ts";
import { sha256 } from "../../../src/stack/digest.ts";
import { withImageHealthcheck } from "../../../src/stack/healthcheck.ts";
import { loadStack } from "../../../src/stack/load.ts";
import { pinTag, renderImageMaker, renderStack } from "../../../src/stack/render.ts";
import { routeFor } from "../../../src/stack/route.ts";
import type { Stack } from "../../../src/stack/stack.ts";
import { folderOf } from "../../support/folder.ts";

type Files = Readonly<Record<string, string>>;
const image = "[Container]\nImage=docker.io/library/nginx:1.27\n";

function load(files: Files, podmanVersion = "5.4.2", root?: string): Stack {
  const { stack, issues } = loadStack({ folder: folderOf(files, root), name: "shop", podmanVersion });
  if (stack === undefined) throw new Error(issues.map((issue) => issue.message).join("\n"));
  return stack;
}

function pinAll(stack: Stack, id = "ab".repeat(32)): ReadonlyMap<string, PinnedImage> {
  return new Map(
    stack.units.flatMap((unit) =>
      unit.image === undefined ? [] : [[unit.file, { reference: unit.image.reference, id, tag: pinTag(stack.name, unit, id) }] as const],
    ),
  );
}

function render(
  stack: Stack,
  more: { readonly id?: string; readonly input?: string; readonly at?: number } = {},
): Omit<Generation, "number"> {
  const inputDigests = new Map(stack.inputs.map((input) => [input.source, { digest: more.input ?? "cd".repeat(32), kind: input.kind }]));
  const options = { stateRoot: "/state/phoenix", generatorVersion: "5.4.2", createdAt: more.at ?? 1 };
  const { candidate, issues } = renderStack({ stack, images: pinAll(stack, more.id), inputDigests, ...options });
  if (issues.length > 0) throw new Error(issues[0]?.message);
  return candidate;
}

function one(files: Files, file = "web.container"): GenerationUnit {
  return unitOf(render(load(files)), file);
}

function unitOf(generation: Omit<Generation, "number">, file: string): GenerationUnit {
  const unit = generation.units.find((other) => other.file === file);
  if (unit === undefined) throw new Error(`no ${file}`);
  return unit;
}

function withDocument(stack: Stack, change: (document: UnitDocument) => UnitDocument): Stack {
  return { ...stack, units: stack.units.map((unit) => ({ ...unit, document: change(unit.document) })) };
}

t.test("a container is rendered with its pin, its inputs, its target and its labels", (t) => {
  const unit = one({
    "web.container": `[Unit]
# kept
Description=Web
After=db.container

${image}EnvironmentFile=web.env
Volume=./nginx.conf:/etc/nginx/nginx.conf:ro,z
Volume=./uploads:/uploads
AutoUpdate=registry
PublishPort=8080:80

[X-Phoenix]
Readiness=http://:80/health
Liveness=tcp://:80
StartupDeadline=20s

[Install]
WantedBy=default.target
`,
    "db.container": image,
    "web.env": "A=1\n",
    "nginx.conf": "x\n",
    "uploads/.keep": "",
  });
  const files = `/state/phoenix/stacks/shop/files/${"cd".repeat(32)}`;
  t.equal(
    unit.text,
    `[Unit]
# kept
Description=Web
After=db.service
PartOf=phoenix.target
StartLimitIntervalSec=30
StartLimitBurst=5

[Container]
Image=localhost/phoenix/shop/web:abababababab
EnvironmentFile=${files}/web.env
Volume=${files}/nginx.conf:/etc/nginx/nginx.conf:ro,z
Volume=/home/me/shop/uploads:/uploads
PublishPort=8080:80
Pull=never
Label=io.phoenix.digest=${unit.digest}
Label=io.phoenix.stack=shop

[X-Phoenix]
Readiness=http://:80/health
Liveness=tcp://:80
StartupDeadline=20s

[Install]
WantedBy=phoenix.target

[Service]
Restart=on-failure
RestartSec=100ms
RestartSteps=4
RestartMaxDelaySec=5s
SuccessExitStatus=143
TimeoutStartSec=35
`,
  );
  t.same(
    unit.inputs.map(({ source, secret, kind }) => [source, secret, kind]),
    [
      ["nginx.conf", false, "file"],
      ["web.env", true, "file"],
    ],
  );
  t.same(unit.after, ["db.service"]);
  t.same(unit.ports, [{ hostAddress: "0.0.0.0", hostPort: 8080, containerPort: 80, protocol: "tcp" }]);
  t.end();
});

t.test("what the source says about restarts is left as it is", (t) => {
  const { text } = one({ "web.container": `${image}\n[Service]\nRestart=always\nRestartSec=3s\nSuccessExitStatus=0\nTimeoutStartSec=9\n` });
  t.match(text, "[Service]\nRestart=always\nRestartSec=3s\nSuccessExitStatus=0\nTimeoutStartSec=9\n");
  t.notMatch(text, /RestartSteps|StartLimit/);
  const old = { images: new Map(), inputDigests: new Map(), stateRoot: "/s", generatorVersion: "", systemdVersion: 252, createdAt: 0 };
  const { text: oldText } = unitOf(renderStack({ stack: load({ "web.container": image }), ...old }).candidate, "web.container");
  t.match(oldText, "RestartSec=100ms");
  t.notMatch(oldText, /RestartSteps|RestartMaxDelaySec/, "systemd before 254 does not know them");
  const oneshot = one({ "web.container": `${image}\n[Service]\nType=oneshot\n` }).text;
  t.notMatch(oneshot, /TimeoutStartSec/, "a oneshot may run as long as it likes");
  t.end();
});

t.test("an internal network waits for the prober, which restarts nobody", (t) => {
  const waits = "Wants=phoenix-prober.service\nAfter=phoenix-prober.service\n";
  const files = (internal: string) => ({
    "web.container": `${image}Network=inner.network\n`,
    "inner.network": `[Network]\nInternal=${internal}\n`,
  });
  const { text, digest } = one(files("yes"), "inner.network");
  t.ok(text.includes(waits));
  const { document } = parseDocument(text.replace(waits, "").replace(/^Label=.*\n/gmu, ""), "inner.network");
  t.equal(digest, document && sha256(effectiveText(document)), "the two lines decide nothing");
  for (const unit of [one(files("no"), "inner.network"), one(files("yes"))]) t.notOk(unit.text.includes("phoenix-prober"), unit.file);
  t.end();
});

t.test("podman's own checks stop only where Phoenix's cover the service", (t) => {
  const text = (lines: string): string => one({ "web.container": `${image}HealthCmd=true\n${lines}` }).text;
  const probe = "\n[X-Phoenix]\nLiveness=tcp://:80\n";
  t.match(text(probe), "HealthInterval=disable");
  t.notMatch(text(""), "disable");
  t.notMatch(text("\n[X-Phoenix]\nReadiness=tcp://:80\n"), "disable", "liveness is still podman's");
  t.notMatch(text(`Notify=healthy\n${probe}`), "disable");
  t.notMatch(text(`HealthOnFailure=kill\n${probe}`), "disable");
  const stack = load({ "web.container": image + probe, "api.container": image });
  const known = withImageHealthcheck(stack, new Map(["web.container", "api.container"].map((file) => [file, { hasHealthcheck: true }])));
  t.match(unitOf(render(known), "web.container").text, "HealthCmd=none");
  t.equal(unitOf(render(known), "api.container").policy?.liveness.kind, "podman");
  t.notMatch(unitOf(render(known), "api.container").text, "HealthCmd");
  t.end();
});

t.test("makers of images are no part of a generation, and are staged with absolute paths", (t) => {
  const stack = load({
    "web.container": "[Container]\nImage=web.build\n",
    "web.build": "[Build]\nImageTag=localhost/web:latest\nSetWorkingDirectory=../services/web\nFile=Containerfile.prod\n",
    "db.container": "[Container]\nImage=db.image\n",
    "db.image": "[Image]\nImage=docker.io/library/postgres:17\n",
  });
  const generation = render(stack);
  t.same(
    generation.units.map((unit) => [unit.file, unit.image?.reference]),
    [
      ["db.container", "docker.io/library/postgres:17"],
      ["web.container", "localhost/web:latest"],
    ],
  );
  for (const unit of generation.units) t.notMatch(unit.text, /\.build|\.image/);
  const build = stack.units.find((unit) => unit.type === "build");
  t.match(
    build === undefined ? "" : renderImageMaker(stack, build),
    "SetWorkingDirectory=/home/me/services/web\nFile=/home/me/services/web/Containerfile.prod\n",
  );
  t.equal(pinTag("shop", { name: "My__Web." }, "f".repeat(64)), "localhost/phoenix/shop/my-web:ffffffffffff");
  const unpinned = renderStack({ stack, images: new Map(), inputDigests: new Map(), stateRoot: "/s", generatorVersion: "", createdAt: 0 });
  t.match(unitOf(unpinned.candidate, "web.container").text, "Image=localhost/web:latest\n");
  t.equal(unitOf(unpinned.candidate, "web.container").image, undefined);
  t.end();
});

t.test("pods carry their labels where their Podman knows how", (t) => {
  const files = { "site.pod": "[Pod]\nPublishPort=127.0.0.1:8080:80\n", "web.container": `${image}Pod=site.pod\n` };
  t.match(unitOf(render(load(files, "5.4.2")), "site.pod").text, "PodmanArgs=--label io.phoenix.stack=shop\n");
  t.match(unitOf(render(load(files, "5.6.0")), "site.pod").text, "Label=io.phoenix.stack=shop\n");
  const kube = one({ "site.kube": "[Kube]\nYaml=site.yaml\nSetWorkingDirectory=yaml\n", "site.yaml": "kind: Pod\n" }, "site.kube").text;
  t.match(kube, "WorkingDirectory=/home/me/shop\n");
  t.notMatch(kube, "SetWorkingDirectory");
  t.end();
});

t.test("a percent or dollar sign in the folder's own path stays one", (t) => {
  const stack = load({ "web.container": `${image}Volume=./data:/data\nVolume=./%i/x:/x\n`, "data/.keep": "" }, "5.4.2", "/srv/100%/$me");
  const { text } = unitOf(render(stack), "web.container");
  t.match(text, "Volume=/srv/100%%/$$me/data:/data\n");
  t.match(text, "Volume=/srv/100%%/$$me/%i/x:/x\n");
  t.end();
});

t.test("each probe takes the way that its network allows", (t) => {
  const container = (lines: string): GenerationUnit =>
    one({
      "web.container": `${image}${lines}`,
      "front.network": "[Network]\nNetworkName=front\n",
      "mute.network": "[Network]\nDisableDNS=true\n",
    });
  const probe = { kind: "tcp", port: 80 } as const;
  const route = (lines: string): unknown => routeFor(container(lines), probe);
  t.same(route("Network=front.network:alias=w\n"), { via: "prober", network: "front", name: "systemd-web" });
  t.same(route("Network=mute.network\nNetwork=front.network\nContainerName=site\n"), { via: "prober", network: "front", name: "site" });
  t.same(route("Network=mute.network\n"), { via: "namespace", container: "systemd-web" }, "no DNS");
  t.same(route("Network=bridge\n"), { via: "namespace", container: "systemd-web" }, "the default network has no DNS");
  t.same(route("Network=host\n"), { via: "host", host: "127.0.0.1", port: 80 });
  t.same(route(""), { via: "namespace", container: "systemd-web" });
  t.same(route("PublishPort=8080:80\n"), { via: "host", host: "127.0.0.1", port: 8080 });
  t.same(route("PublishPort=[::1]:8080:80\n"), { via: "host", host: "::1", port: 8080 });
  t.same(route("PublishPort=8080:80/udp\n"), { via: "namespace", container: "systemd-web" });
  t.same(route("Network=none\n"), { via: "container", container: "systemd-web" });
  const front = container("Network=front.network\n");
  t.same(routeFor(front, { ...probe, host: "10.0.0.1" }), { via: "host", host: "10.0.0.1", port: 80 });
  t.same(routeFor(front, { kind: "exec", argv: ["true"] }), { via: "container", container: "systemd-web" });
  t.same(routeFor(front, { kind: "unit" }), { via: "systemd" });
  const files = { "site.pod": "[Pod]\nNetwork=front.network\n", "web.container": `${image}Pod=site.pod\n`, "front.network": "[Network]\n" };
  t.same(routeFor(one(files), probe), { via: "prober", network: "systemd-front", name: "systemd-site" }, "DNS knows the pod only");
  t.end();
});

const base = { "web.container": `[Unit]\nDescription=Web\n\n${image}Volume=./c:/c:ro\n\n[X-Phoenix]\nPeriod=5s\n`, "c/f": "" };

t.test("comments, descriptions and policies change what is deployed, and restart nothing", (t) => {
  const line = fc.stringMatching(/^[A-Za-z][A-Za-z ]{0,19}$/);
  const change = fc.oneof(
    line.map((text) => (source: string) => source.replace("Description=Web", `Description=${text}`)),
    line.map((text) => (source: string) => source.replace("Volume=", `# ${text}\nVolume=`)),
    fc.integer({ min: 6, max: 900 }).map((seconds) => (source: string) => `${source}StartupDeadline=${seconds}s\n`),
    fc.integer({ min: 1, max: 65_535 }).map((port) => (source: string) => `${source}Liveness=tcp://:${port}\n`),
    fc.constant((source: string) =>
      source.replace("[X-Phoenix]", "[Install]\nWantedBy=default.target\n\n[X-Phoenix]").replace("Period=5s", "Period=6s"),
    ),
    line.map(
      (text) => (source: string) =>
        source.replace("Description=Web", `Description=Web\nDocumentation=https://x/${text.replaceAll(" ", "")}`),
    ),
  );
  const before = render(load(base));
  fc.assert(
    fc.property(change, (apply) => {
      const text = apply(base["web.container"]);
      fc.pre(text !== base["web.container"]);
      const after = render(load({ ...base, "web.container": text }));
      return after.units[0]?.digest === before.units[0]?.digest && after.contentDigest !== before.contentDigest;
    }),
  );
  t.end();
});

t.test("every other key, an image and an input restart their unit", (t) => {
  const stack = load(base);
  const before = render(stack);
  // Replaced by render, whatever they say.
  const replaced = ["Image", "Pull", "AutoUpdate", "EnvironmentFile", "Mount", "Volume"];
  const keys = [
    ...keysOf("container")
      .filter((key) => !replaced.includes(key))
      .map((key) => ["Container", key]),
    ...["Wants", "After", "Requires", "ConditionPathExists", "StartLimitBurst"].map((key) => ["Unit", key]),
    ...["Restart", "MemoryMax", "Environment", "TimeoutStartSec", "ExecStartPre"].map((key) => ["Service", key]),
    ["Quadlet", "DefaultDependencies"],
  ];
  for (const [section = "", key = ""] of keys) {
    const after = render(withDocument(stack, (document) => appendEntry(document, section, key, "x")));
    t.not(after.units[0]?.digest, before.units[0]?.digest, `${section} ${key}`);
    t.not(after.digest, before.digest);
  }
  for (const more of [{ id: "12".repeat(32) }, { input: "12".repeat(32) }])
    t.not(render(stack, more).units[0]?.digest, before.units[0]?.digest);
  t.end();
});

t.test("the same stack gives the same bytes, whenever and in whatever order it was read", (t) => {
  const files = {
    ...base,
    "a.network": "[Network]\n",
    "z.container": `${image}Network=a.network\n`,
    "z.container.d/1.conf": "[Container]\nUser=1\n",
  };
  const shuffled = Object.fromEntries(Object.entries(files).reverse());
  t.same(render(load(files)), render(load(shuffled)));
  const { createdAt: _, ...early } = render(load(files), { at: 1 });
  const { createdAt: __, ...late } = render(load(files), { at: 2 });
  t.same(early, late);
  t.end();
});

t.test("a corrected probe is another generation, so that it is not quarantined with the wrong one", (t) => {
  const wrong = render(load({ "web.container": `${image}\n[X-Phoenix]\nReadiness=tcp://:81\n` }));
  const right = render(load({ "web.container": `${image}\n[X-Phoenix]\nReadiness=tcp://:80\n` }));
  t.equal(wrong.units[0]?.digest, right.units[0]?.digest);
  t.not(wrong.digest, right.digest);
  t.end();
});

t.test("what is rendered parses again without a word", (t) => {
  for (const unit of render(load(base)).units) t.same(parseDocument(unit.text, unit.file).issues, []);
  t.end();
});
