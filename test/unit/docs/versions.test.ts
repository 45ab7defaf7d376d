import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";

// The version stands in package.json. Whatever else says it says the same: `UPDATE=1 npx tap test/unit/docs` writes it there.

type Place = {
  readonly files: readonly string[];
  /** Ends where the version begins. */
  readonly before: RegExp;
  readonly times: number;
};

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly version: string };
const folders = readdirSync("services", { withFileTypes: true }).filter((entry) => entry.isDirectory());
const builds = readdirSync("quadlet").filter((name) => name.endsWith(".build"));

const places: readonly Place[] = [
  { files: ["package-lock.json"], before: /"name": "phoenix",\s+"version": "/gu, times: 2 },
  { files: ["services/rubik-agent/package.json"], before: /"name": "rubik-agent",\s+"version": "/gu, times: 1 },
  { files: ["services/rubik-agent/package-lock.json"], before: /"name": "rubik-agent",\s+"version": "/gu, times: 2 },
  { files: ["services/python-service/phoenix_service/__init__.py"], before: /^VERSION = "/gmu, times: 1 },
  { files: folders.map(({ name }) => `services/${name}/Containerfile`), before: /org\.opencontainers\.image\.version="/gu, times: 1 },
  { files: builds.map((name) => `quadlet/${name}`), before: /^ImageTag=localhost\/phoenix-[a-z-]+:(?=\d)/gmu, times: 1 },
];

t.test("whatever names the version names that of package.json", async (t) => {
  for (const { files, before, times } of places) {
    const pattern = new RegExp(`(${before.source})([^"\\s]+)`, before.flags);
    for (const file of files) {
      const text = readFileSync(file, "utf8");
      if (process.env["UPDATE"] === "1") writeFileSync(file, text.replaceAll(pattern, `$1${version}`));
      const found = [...readFileSync(file, "utf8").matchAll(pattern)].map((match) => match[2]);
      t.same(found, Array(times).fill(version), file);
    }
  }
});

t.test("every image has its version's tag beside the one that others stand on", async (t) => {
  for (const file of builds) {
    const name = file.replace(".build", "");
    const tags = readFileSync(`quadlet/${file}`, "utf8").match(/^ImageTag=.*$/gmu);
    // The first is the name by which a container finds it without Phoenix.
    t.same(tags, [`ImageTag=localhost/phoenix-${name}:latest`, `ImageTag=localhost/phoenix-${name}:${version}`], file);
  }
});

t.test("every image says what it is and where it comes from", async (t) => {
  const words = ["title", "description", "version", "source", "licenses"];
  for (const { name } of folders) {
    const text = readFileSync(`services/${name}/Containerfile`, "utf8");
    for (const word of words) t.match(text, new RegExp(`org\\.opencontainers\\.image\\.${word}="`, "u"), `${name}: ${word}`);
    t.match(text, `image.title="phoenix-${name}"`, name);
    t.match(text, `image.source="services/${name}"`, name);
    t.match(text, `io.phoenix.service="${name}"`, name);
  }
});

/** What no image is made of: a change there must not make another image, and restart its service. */
const outside = /(?:^|\/)(?:README\.md|\.gitignore|\.containerignore|tests?|node_modules|dist|__pycache__)(?:\/|$)/u;

/** The commit would change with every edit of a page; this changes with what the image is made of, and only then. */
function revisionOf(folder: string): string {
  const hash = createHash("sha256");
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !outside.test(path))
    .sort()) {
    const text = readFileSync(join(folder, path), "latin1");
    hash.update(`${path}\0${path === "Containerfile" ? text.replace(/(image\.revision=")[^"]*/u, "$1") : text}\0`);
  }
  return hash.digest("hex").slice(0, 12);
}

t.test("every image says the revision of what it is made of", async (t) => {
  for (const { name } of folders) {
    const file = `services/${name}/Containerfile`;
    const revision = revisionOf(`services/${name}`);
    const text = readFileSync(file, "utf8");
    if (process.env["UPDATE"] === "1") writeFileSync(file, text.replace(/(image\.revision=")[^"]*/u, `$1${revision}`));
    t.match(readFileSync(file, "utf8"), `image.revision="${revision}"`, `${name}: UPDATE=1 npx tap test/unit/docs writes it`);
  }
});

t.test("what the Python services' builds are to share, so that it is made once, is the same to the letter", async (t) => {
  /** A stage, up to its first line that names the service. */
  const stage = (service: string, name: string): string => {
    const text = readFileSync(`services/${service}/Containerfile`, "utf8");
    const [found = ""] = new RegExp(`^FROM \\S+ AS ${name}\\n(?:(?!#|FROM|LABEL|COPY).*\\n)+`, "mu").exec(text) ?? [];
    return found.trim();
  };
  t.match(stage("gap-detector", "build"), /python3-pip/u);
  t.equal(stage("recurrent-processor", "build"), stage("gap-detector", "build"));
  t.match(stage("gap-detector", "server"), /ldd/u);
  for (const service of ["recurrent-processor", "analysis-engine"])
    t.equal(stage(service, "server"), stage("gap-detector", "server"), service);
});
