import t from "tap";
import { validateFileName } from "../../../src/quadlet/file-name.ts";
import { parseUnitFileName } from "../../../src/quadlet/names.ts";
import { parseDocument } from "../../../src/quadlet/parse.ts";
import { validateDocument } from "../../../src/quadlet/validate.ts";

/** `severity code:line message` of every issue; the file's name tells the type. */
function issuesOf(file: string, text: string, podmanVersion: string | undefined): readonly string[] {
  const type = parseUnitFileName(file)?.type ?? "container";
  return validateDocument(parseDocument(text, file).document, { type, podmanVersion }).map(
    ({ severity, code, place, message }) => `${severity} ${code}:${place?.line ?? 0} ${message}`,
  );
}

const image = "[Container]\nImage=a.example/b:1\n";
const build = "[Build]\nImageTag=a\nSetWorkingDirectory=unit\n";

/** What is written, and the one thing that is said about it; nothing where it is right. */
const cases: readonly (readonly [file: string, text: string, says: RegExp | undefined])[] = [
  ["a.container", image, undefined],
  ["a.container", `${image}[X-Phoenix]\nAnything=\\d\n[Quadlet]\nDefaultDependencies=false\n`, undefined],
  ["a.container", `${image}Exec=date +%%s $$HOME %h\n`, undefined],
  ["a.container", `${image}Environment=\nReadOnly=yes\nRunInit=OFF\n`, undefined],
  ["a.network", "[Network]\nSubnet=10.0.0.0/24\nGateway=10.0.0.1\n", undefined],
  ["a.build", build, undefined],
  ["a.container", "", /^error unit-syntax:0 The file is empty/],
  ["a.container", "[Unit]\nDescription=x\n", /^error unit-syntax:0 A \.container file needs a \[Container\] section/],
  ["a.container", `${image}[Service]\n[Container]\n`, /^warning unit-syntax:4 \[Container\] comes twice/],
  ["a.container", `${image}[Pod]\n`, /^error unit-syntax:3 .*belongs to \.pod files/],
  ["a.container", `${image}[service]\n`, /^error unit-syntax:3 .*did you mean \[Service\]\?$/],
  ["a.container", `${image}PublishPorts=1:1\n`, /^error unit-key:3 \[Container\] has no key PublishPorts=; did you mean PublishPort=\?$/],
  ["a.container", `${image}Enviroment=A=1\n`, /did you mean Environment=\?/],
  ["a.container", `${image}publishport=1:1\n`, /case sensitive, it is PublishPort=/],
  ["a.container", `${image}Restart=always\n`, /belongs to \[Service\]/],
  ["a.container", `${image}Subnet=10.0.0.0/8\n`, /it is a key of \.network files/],
  ["a.container", `${image}Qwertyuiop=1\n`, /has no key Qwertyuiop=\.$/],
  [
    "a.container",
    `${image}[Service]\nPublishPort=1:1\n`,
    /^error unit-key:4 \[Service\] has no key PublishPort=; it belongs to \[Container\]/,
  ],
  ["a.container", `${image}[Unit]\nRestart=no\n`, /belongs to \[Service\]/],
  ["a.container", `${image}[Install]\nWantedby=x\n`, /case sensitive, it is WantedBy=/],
  ["a.container", `${image}HttpProxy=no\n`, /^error unit-version:3 HttpProxy= needs Podman 5\.7 or newer; here it is 5\.4\.2/],
  ["a.container", `${image}Environment=A=test\\.com\n`, /^error unit-escape:3 Environment= has the escape \\\./],
  ["a.container", `${image}Exec=a "" b\n`, /^error unit-escape:3 .*empty word/],
  ["a.container", `${image}LogOpt=tag=it's\n`, /^error unit-escape:3 .*never closed: the line would silently vanish/],
  ["a.container", `${image}Exec=echo it's\n`, /^warning unit-escape:3 .*never closed/],
  ["a.container", `${image}HealthCmd=sh -c "pg_isready -U x"\n`, /^error unit-escape:3 HealthCmd= .*double quote.*5\.8\.1/],
  ["a.container", `${image}Exec=a ";" b\n`, /^error unit-escape:3 .*lone ;/],
  ["a.container", `${image}ReadOnly=enabled\n`, /^error unit-value:3 ReadOnly=enabled would mean "no"/],
  ["a.container", `${image}ServiceName=x\n`, /^error unit-key:3 ServiceName= is not supported/],
  ["a.container", `${image}LogDriver=\n`, /must not be empty/],
  ["a.container", `${image}Label=a=b c\n`, /^error unit-value:3 Label= has "c", which is no NAME=value: it would be dropped/],
  ["a.container", `${image}ContainerName=a\u{202E}b\n`, /^error unit-value:3 ContainerName= holds white space or an invisible/],
  ["a.container", `${image}Exec=a\u{202E}b\n`, /^warning unit-value:3 .*reading direction/],
  ["a.container", `${image}HealthCmd=test -n \${PGUSER}\n`, /^warning unit-value:3 HealthCmd= holds a variable/],
  ["a.container", `${image}HealthCmd=test -n \${PGUSER}\n[Service]\nEnvironment=PGUSER=a\n`, undefined],
  ["a.container", `${image}VolatileTmp=yes\n`, /^warning unit-key:3 VolatileTmp= is deprecated/],
  ["a.container", "[Container]\nExec=a\n", /neither Image= nor Rootfs=/],
  ["a.container", `${image}Rootfs=/x\n`, /^error unit-value:3 Image= and Rootfs=/],
  ["a.container", `${image}Pod=p.pod\nPublishPort=1:1\n`, /^error unit-value:4 PublishPort= cannot stand in a container of a pod/],
  ["a.container", `${image}Pod=p.pod\nUserNS=keep-id\n`, /^error unit-value:4 UserNS= cannot/],
  ["a.container", `${image}Pod=p\n`, /must name a \.pod file/],
  ["a.container", `${image}UserNS=auto\nUIDMap=0:0:1\n`, /^error unit-value:4 UserNS= excludes/],
  ["a.container", `${image}Group=1\n`, /^error unit-value:3 Group= needs User=/],
  ["a.container", `${image}ReloadCmd=a\nReloadSignal=HUP\n`, undefined],
  ["a.container", `${image}Network=host\nPublishPort=1:1\n`, /^warning unit-value:4 With Network=host/],
  ["a.container", `${image}[Service]\nType=simple\n`, /^error unit-value:4 \[Service\] Type=/],
  ["a.container", `${image}[Service]\nKillMode=process\n`, /KillMode=/],
  ["a.container", `${image}[Service]\nUser=root\n`, /\[Service\] User= is not supported/],
  ["a.container", `${image}[Service]\nDynamicUser=no\n`, /\[Service\] DynamicUser=/],
  ["a.container", `${image}[Service]\nExecStart=/bin/true\n`, /\[Service\] ExecStart=/],
  ["a.container", `${image}[Service]\nType=oneshot\nRestart=always\n`, /^error unit-value:5 systemd refuses Restart=always/],
  ["a.image", "[Image]\nOS=linux\n", /\[Image\] has no Image=/],
  ["a.build", "[Build]\nSetWorkingDirectory=unit\n", /has no ImageTag=/],
  ["a.build", "[Build]\nImageTag=a\n", /neither File= nor SetWorkingDirectory=/],
  ["a.build", "[Build]\nImageTag=a\nFile=Containerfile\n", /^error unit-value:3 A relative File=/],
  ["a.kube", "[Kube]\nLogDriver=journald\n", /\[Kube\] has no Yaml=/],
  ["a.kube", "[Kube]\nYaml=a\nYaml=b\n", /^error unit-value:3 Several Yaml=/],
  ["a.network", "[Network]\nGateway=10.0.0.1\n", /^error unit-value:2 Every Gateway=/],
  ["a.volume", "[Volume]\nUser=postgres\n", /^error unit-value:2 User=postgres would become 0/],
  ["a.volume", "[Volume]\nType=ext4\n", /Type= needs Device=/],
  ["a.volume", "[Volume]\nDriver=image\n", /Driver=image needs Image=/],
];

t.test("validation says one thing about each mistake, with its line", async (t) => {
  for (const [file, text, says] of cases) {
    const podmanVersion = text.includes("ReloadCmd") ? undefined : "5.4.2";
    const said = issuesOf(file, text, podmanVersion);
    const isDouble = text.includes("ReloadCmd");
    if (isDouble) t.match(said, [/^error unit-value:4 ReloadCmd= and ReloadSignal=/], text);
    else if (says === undefined) t.same(said, [], text);
    else t.match(said, [says], text) && t.equal(said.length, 1, said.join("\n"));
  }
});

t.test("newer versions take what older ones break", async (t) => {
  t.same(issuesOf("a.container", `${image}HealthCmd=sh -c "x"\nHttpProxy=no\nEnvironment=BARE\n`, "5.8.2"), []);
  t.match(issuesOf("a.container", `${image}HealthCmd=sh -c "x"\n`, undefined), [/double quote/]);
  t.match(issuesOf("a.container", `${image}AppArmor=x\n`, "5.7.9"), [/needs Podman 5\.8/]);
  t.same(issuesOf("a.container", `${image}AppArmor=x\n`, "5.10.0"), []);
});

t.test("file names that cannot be unit names are refused", async (t) => {
  for (const name of ["web.container", "a_b-c.d:e.network"]) t.same(validateFileName(name), [], name);
  for (const [name, message] of [
    ["web@1.container", /template/],
    [`${"x".repeat(200)}.container`, /longer than 200/],
    ["-web.container", /dash or a dot/],
    [".web.container", /dash or a dot/],
    ["we b.container", /characters/],
    ["w\u{202E}eb.container", /characters/],
    ["web.conf", /not a name of a Quadlet file/],
  ] as const) {
    t.match(validateFileName(name), [{ severity: "error", code: "unit-value", message }], name);
  }
  t.match(issuesOf("stack/we b.container", image, undefined), [/as a unit file name/]);
});
