import * as fc from "fast-check";
import t from "tap";
import { mergeDropIn, parseUnitFileName, type UnitDocument, type UnitType } from "../../src/quadlet/document.ts";
import { doubleSpecials, writeValue } from "../../src/quadlet/escape.ts";
import { expectedFacts, missingArguments, objectNames, parseExecStart } from "../../src/quadlet/expected.ts";
import { type KeyRow, keyRow, keysOf } from "../../src/quadlet/keys.ts";
import { unitTypes } from "../../src/quadlet/names.ts";
import { parseDocument } from "../../src/quadlet/parse.ts";
import { serialiseDocument } from "../../src/quadlet/serialise.ts";
import { validateDocument } from "../../src/quadlet/validate.ts";
import { isAtLeast } from "../../src/quadlet/versions.ts";
import { type Generated, generate } from "../support/generator.ts";
import { trickyStrings } from "../unit/quadlet/tricky-strings.ts";

const podmanVersion = "5.4.2";

/** What every unit of a type needs before a key can be tried in it. */
const bases: Readonly<Record<UnitType, string>> = {
  container: "[Container]\nImage=localhost/a:1\n",
  pod: "[Pod]\n",
  network: "[Network]\n",
  volume: "[Volume]\n",
  image: "[Image]\nImage=localhost/a:1\n",
  build: "[Build]\nImageTag=localhost/a:1\nSetWorkingDirectory=/srv/context\n",
  kube: "[Kube]\nYaml=/srv/a.yaml\n",
};

/** Keys that take only certain values, or need another key beside them. */
const samples: Readonly<Record<string, readonly string[]>> = {
  "container.Pod": ["Pod=other.pod"],
  "container.Network": ["Network=host", "Network=other.network:ip=10.1.2.3", "Network=other.container"],
  "pod.Network": ["Network=other.network"],
  Volume: ["Volume=/srv/a b:/b:ro", "Volume=./data:/data", "Volume=other.volume:/v", "Volume=/anonymous"],
  Mount: ["Mount=type=tmpfs,dst=/t", "Mount=src=other.volume,type=volume,dst=/v", 'Mount="type=bind,source=./a b,dst=/b"'],
  Notify: ["Notify=healthy", "Notify=yes", "Notify=no", "Notify=yes\n[Service]\nType=oneshot"],
  ExposeHostPort: ["ExposeHostPort=80", "ExposeHostPort=80-90/udp"],
  "container.Image": ["Image=other.image", "Image=other.build", "Image=quay.io/a/b@sha256:0123"],
  "container.Rootfs": ["Image=\nRootfs=/srv/root"],
  "container.Group": ["User=a\nGroup=b"],
  "container.AddDevice": ["AddDevice=/dev/fuse -/dev/surely-missing"],
  "container.EnvironmentFile": ["EnvironmentFile=./a.env", "EnvironmentFile=%h/b.env", "EnvironmentFile=/c.env"],
  "container.VolatileTmp": ["VolatileTmp=yes", "VolatileTmp=yes\nReadOnly=yes"],
  "container.ReloadSignal": ["ReloadSignal=HUP"],
  "volume.Device": ["Device=/dev/sdb", "Device=/dev/sdb\nType=ext4\nOptions=noatime\nUser=3\nGroup=4"],
  "volume.Type": ["Device=/srv/x\nType=bind"],
  "volume.Options": ["Device=/srv/x\nOptions=bind"],
  "volume.User": ["User=7", "User=7\nGroup=8"],
  "volume.Group": ["Group=8"],
  "volume.Image": ["Driver=image\nImage=other.image"],
  "network.Gateway": ["Subnet=10.9.0.0/16\nGateway=10.9.0.1"],
  "network.IPRange": ["Subnet=10.9.0.0/16\nIPRange=10.9.1.0/24"],
  "kube.AutoUpdate": ["AutoUpdate=registry web/local"],
  "kube.ConfigMap": ["ConfigMap=./c.yaml /d.yaml"],
  "kube.Yaml": ["Yaml=\nYaml=./k.yaml"],
  "kube.SetWorkingDirectory": ["SetWorkingDirectory=yaml"],
  "build.SetWorkingDirectory": ["SetWorkingDirectory=./context", "SetWorkingDirectory=unit", "SetWorkingDirectory=https://x/y.git"],
  "build.File": ["File=./Containerfile", "File=/srv/Containerfile"],
};

const others: Readonly<Record<string, string>> = {
  "other.pod": bases.pod,
  "other.network": "[Network]\nNetworkName=net-x\n",
  "other.container": "[Container]\nImage=localhost/a:1\nContainerName=box\n",
  "other.volume": bases.volume,
  "other.image": "[Image]\nImage=localhost/b:2\nImageTag=localhost/c:3\n",
  "other.build": bases.build,
};

/** Ordinary samples by class; the words show that quoting, resets and repetition are understood. */
function sampleLines(type: UnitType, row: KeyRow): readonly string[] {
  const { key, parse } = row;
  const own = samples[`${type}.${key}`] ?? samples[key];
  if (own !== undefined) return own;
  const byClass: Readonly<Record<KeyRow["parse"], readonly string[]>> = {
    scalar: [`${key}=first\n${key}=seven`, `${key}="se ven"`, `${key}=50%% $$x`],
    "list-verbatim": [`${key}=gone\n${key}=\n${key}=one "two"\n${key}=three`],
    "list-words": [`${key}=one "two x" th'r 'ee\n${key}=a\\b`],
    "list-args": [`${key}=one "two x"\n${key}=a\\x62\\tc`],
    "args-last": [`${key}=gone\n${key}=one "two x" \\\n  thr\\'ee`],
    keyval: [`${key}=A=1 "B=x y" A=2\n${key}=C=\\u00e9 D=`],
    bool: [`${key}=true`, `${key}=off`],
  };
  return byClass[parse];
}

function parsed(text: string, file: string): UnitDocument {
  const { document, issues } = parseDocument(text, file);
  if (issues.length > 0) throw new Error(`${file} does not parse: ${JSON.stringify(issues)}`);
  return document;
}

async function generateAll(
  files: ReadonlyMap<string, string>,
): Promise<Generated & { readonly missing: (file: string) => readonly string[] }> {
  const documents = new Map([...files].map(([name, text]) => [name, parsed(text, name)] as const));
  const generated = await generate(files);
  const references = { objects: objectNames(documents), folder: generated.folder };
  const missing = (file: string): readonly string[] => {
    const unit = parseUnitFileName(file);
    const document = documents.get(file);
    const service = generated.services.get(unit?.service ?? "");
    if (unit === undefined || document === undefined || service === undefined) return [`no service for ${file}`];
    return missingArguments(document, unit.type, service, references);
  };
  return { ...generated, missing };
}

t.test("every key that has a flag means for us what it means for the generator", async (t) => {
  const files = new Map(Object.entries(others));
  const tried = new Map<string, string>();
  const withFlag = unitTypes.flatMap((type) =>
    keysOf(type).flatMap((key) => {
      const row = keyRow(type, key);
      return row?.argument !== undefined && isAtLeast(podmanVersion, row.since) ? [{ type, row }] : [];
    }),
  );
  for (const { type, row } of withFlag) {
    for (const [index, lines] of sampleLines(type, row).entries()) {
      const file = `${row.key.toLowerCase()}-${index}-${type}.${type}`;
      files.set(file, `${bases[type]}${lines}\n`);
      tried.set(file, row.key);
    }
  }
  const generated = await generateAll(files);
  t.same(generated.complaints, [], "the generator takes every sample");
  for (const file of tried.keys()) t.same(generated.missing(file), [], file);
  for (const [file, key] of tried) {
    const type = parseUnitFileName(file)?.type ?? "container";
    const facts = expectedFacts(parsed(files.get(file) ?? "", file), type);
    const isSilent = /no$|Type=oneshot|off$|unit$|ReadOnly=yes$/u.test((files.get(file) ?? "").trim());
    t.ok(isSilent || facts.some((fact) => fact.key === key) || ["Group", "Options"].includes(key), `${file}: a fact is expected`);
  }
  t.ok(tried.size > 150, `${tried.size} samples`);
});

t.test("a line that the generator drops in silence is found, by validation and by comparison", async (t) => {
  const lost: Readonly<Record<string, string>> = {
    escape: "Environment=A=test\\.com",
    secret: "Secret=pw,target=\\d",
    command: 'Exec=run "" after',
    mixed: "PodmanArgs=--label=a\\qb",
    quote: "LogOpt=tag=it's",
  };
  const files = new Map(Object.entries(lost).map(([name, line]) => [`${name}.container`, `${bases.container}${line}\n`]));
  const generated = await generateAll(files);
  t.same(generated.complaints, []);
  for (const [file, text] of files) {
    t.equal(generated.missing(file).length, 1, `${file} is missing an argument`);
    t.match(validateDocument(parsed(text, file), { type: "container", podmanVersion }), [
      { severity: "error", code: "unit-escape", place: { line: 3 } },
    ]);
  }
});

t.test("what validation refuses as a key or a version, the generator refuses too; what it accepts, it accepts", async (t) => {
  const files = new Map<string, string>();
  for (const type of unitTypes) {
    for (const key of keysOf(type).filter((one) => one !== "ServiceName")) {
      const row = keyRow(type, key);
      if (row !== undefined && !key.startsWith("Remap")) {
        files.set(`${key.toLowerCase()}-is-${type}.${type}`, `${bases[type]}${sampleLines(type, row)[0]}\n`);
      }
    }
    files.set(`wrong-key-${type}.${type}`, `${bases[type]}Nonsense=1\n`);
  }
  for (const [name, text] of Object.entries(others)) files.set(name, text);
  const generated = await generate(files);
  for (const [file, text] of files) {
    const unit = parseUnitFileName(file);
    if (unit === undefined) continue;
    const issues = validateDocument(parsed(text, file), { type: unit.type, podmanVersion });
    const refused = issues.some(({ code, severity }) => severity === "error" && (code === "unit-key" || code === "unit-version"));
    const isThere = generated.services.has(unit.service);
    if (refused === isThere) t.fail(`${file}: generated ${isThere}, refused ${refused}\n${text}`);
  }
  t.ok(files.size > 200);
});

/** The keys of each class that are tried with arbitrary strings; `K=` in front where the generator looks inside. */
const carriers: readonly { readonly key: string; readonly prefix: string; readonly flag: string }[] = [
  { key: "Environment", prefix: "K=", flag: "--env" },
  { key: "Label", prefix: "k=", flag: "--label" },
  { key: "Exec", prefix: "", flag: "localhost/a:1" },
  { key: "PodmanArgs", prefix: "", flag: "-d" },
  { key: "Secret", prefix: "", flag: "--secret" },
  { key: "HealthCmd", prefix: "", flag: "--health-cmd" },
  { key: "Tmpfs", prefix: "", flag: "--tmpfs" },
  { key: "Volume", prefix: "/s/", flag: "-v" },
  { key: "LogOpt", prefix: "", flag: "--log-opt" },
];

async function carry(
  values: readonly string[],
): Promise<{ readonly exact: number; readonly refused: number; readonly wrong: readonly string[] }> {
  const files = new Map<string, string>();
  const wanted = new Map<string, { readonly flag: string; readonly word: string; readonly text: string }>();
  let refused = 0;
  for (const [index, value] of values.entries()) {
    for (const { key, prefix, flag } of carriers) {
      const written = writeValue("container", key, `${prefix}${value}`);
      if ("issue" in written) {
        refused += 1;
        continue;
      }
      const file = `${key.toLowerCase()}-${index}.container`;
      files.set(file, `${bases.container}${key}=${written.text}\n`);
      wanted.set(file, { flag, word: doubleSpecials(`${prefix}${value}`), text: written.text });
    }
  }
  const generated = await generate(files);
  const wrong = generated.complaints.map((line) => `complaint: ${line}`);
  for (const [file, { flag, word, text }] of wanted) {
    const service = generated.services.get(file.replace(".container", ".service"));
    const words = parseExecStart(service ?? "");
    const isExact = words.some((one, at) => one === flag && words[at + 1] === word);
    const isInjected = /^ExecStartPre=/mu.test(service ?? "") || (words.includes("--privileged") && word !== "--privileged");
    if (!isExact || isInjected || words.length > 15)
      wrong.push(`${file}: ${JSON.stringify(text.slice(0, 200))} became ${JSON.stringify(words).slice(0, 600)}`);
  }
  return { exact: wanted.size - wrong.length, refused, wrong };
}

t.test("every tricky string arrives exactly, or is refused", async (t) => {
  const { exact, refused, wrong } = await carry(trickyStrings);
  t.same(wrong, []);
  t.equal(exact + refused, trickyStrings.length * carriers.length);
  t.ok(refused < 50, `${refused} refused`);
  t.comment(`${exact} exact, ${refused} refused`);
});

t.test("random strings arrive exactly, or are refused", async (t) => {
  const character = fc.constantFrom(..."\\\"'$%;#=[]{}&|<>~!*?`:,.-@/ \t\n\r\v\f\u0001\u007f\u0085\u00a0\u2028\ufeffaxX0é日🚀");
  const value = fc.oneof(
    fc.array(character, { minLength: 1, maxLength: 12 }).map((parts) => parts.join("")),
    fc.string({ unit: "binary", maxLength: 20 }),
  );
  // Sampled rather than asserted: one run of the generator takes thousands of units, and short strings need no shrinking.
  const seed = Math.floor(Math.random() * 2 ** 31);
  const { wrong, exact, refused } = await carry(fc.sample(value, { numRuns: 100, seed }));
  t.same(wrong.slice(0, 5), [], `seed ${seed}`);
  t.comment(`${exact} exact, ${refused} refused`);
});

t.test("folding a drop-in in gives the service that the generator makes of both files", async (t) => {
  const main = `${bases.container}Environment=A=1\nPublishPort=1:1\n[Service]\nRestart=no\n`;
  const dropIn = "[Container]\nPublishPort=\nPublishPort=2:2\nEnvironment=B=2\n[Service]\nRestart=always\n";
  const merged = mergeDropIn(parsed(main, "a.container"), parsed(dropIn, "a.container.d/1.conf"));
  const both = new Map([
    ["a.container", main],
    ["a.container.d/1.conf", dropIn],
    ["b.container", serialiseDocument(merged)],
  ]);
  const { services } = await generate(both);
  const words = (name: string): readonly string[] => parseExecStart(services.get(name) ?? "").toSorted();
  t.same(words("b.service"), words("a.service"));
  t.same(missingArguments(merged, "container", services.get("a.service") ?? ""), []);
  t.notOk(words("a.service").includes("1:1"));
});
