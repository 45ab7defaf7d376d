import t from "tap";
import { type ComposeRequest, composeFiles } from "../../../src/deploy/compose.ts";
import { importSource } from "../../../src/deploy/import.ts";
import { placeBuildFiles } from "../../../src/deploy/madeBuilds.ts";
import { makeSecrets } from "../../../src/deploy/secrets.ts";
import { openSource } from "../../../src/deploy/source.ts";
import { type Issue, PhoenixError } from "../../../src/domain/errors.ts";
import type { NewFile } from "../../../src/domain/source.ts";
import type { Folders, Source } from "../../../src/ports/store.ts";
import { lookupLast } from "../../../src/quadlet/document.ts";
import { folderOf } from "../../support/folder.ts";

const root = "/home/me/shop";

/** A machine that has only these files, all in one folder. */
function sourceOf(files: Readonly<Record<string, string>>): Source {
  const folder = folderOf(files, root);
  const inside = (path: string): string => path.slice(root.length + 1);
  return {
    read: async () => folder,
    digest: async () => {
      throw new Error("not asked");
    },
    find: async (path) => {
      if (path === root) return { kind: "folder", folder: root, names: Object.keys(files) };
      if (files[inside(path)] === undefined) throw new PhoenixError("source-missing", `Cannot read ${path}`);
      return { kind: "file", folder: root, name: inside(path) };
    },
    texts: async (paths) => new Map(paths.map((path) => [path, files[inside(path)] ?? null])),
    look: async (_, paths) =>
      folder.entries.filter((entry) => paths.some(({ path }) => entry.path === path || entry.path.startsWith(`${path}/`))),
  };
}

const plainRequest: ComposeRequest = {
  files: [],
  envFiles: undefined,
  profiles: [],
  secrets: false,
  allowRisky: false,
  strict: false,
  env: new Map(),
};
const request = { path: root, name: undefined, compose: plainRequest };
const one = "services:\n  web:\n    image: caddy\n";

const found = async (names: readonly string[], path = root, files: readonly string[] = []) =>
  await composeFiles(path, { ...plainRequest, files }, sourceOf(Object.fromEntries(names.map((name) => [name, one]))));

t.test("which files a path means", async (t) => {
  t.same(await found(["compose.yaml", "docker-compose.yml"]), [`${root}/compose.yaml`]);
  t.same(await found(["docker-compose.yml", "docker-compose.override.yml"]), [
    `${root}/docker-compose.yml`,
    `${root}/docker-compose.override.yml`,
  ]);
  t.same(await found(["compose.yaml", "web.container"]), undefined, "a Quadlet file makes it a Quadlet folder");
  t.same(await found(["web.container"]), undefined);
  t.same(await found(["a.yml", "b.yml"], `${root}/a.yml`, [`${root}/b.yml`]), [`${root}/a.yml`, `${root}/b.yml`]);
  t.same(await found(["compose.yaml", "b.yml"], root, [`${root}/b.yml`]), [`${root}/b.yml`], "named files take the place of the usual one");
  await t.rejects(found(["compose.yaml"], root, [`${root}/none.yml`]), { code: "source-missing" });
});

t.test("a Compose file becomes a stack like a folder's, its texts inputs that stand in no folder", async (t) => {
  const text = `name: blog\n${one}    configs: [page]\n    volumes: ["./data:/data"]\nconfigs:\n  page:\n    content: hello\n`;
  const opened = await openSource(request, sourceOf({ "compose.yaml": text }));
  const { stack, issues } = await opened.load({ podmanVersion: "5.4.2", others: new Map() });
  t.same(issues, []);
  t.equal(stack?.name, "blog");
  t.same(
    stack?.inputs.map(({ source }) => source),
    ["files/page"],
  );
  t.same([...(opened.made?.inputs ?? [])], [["files/page", "hello"]]);
  t.same([...(opened.made?.source ?? [])], [["compose.yaml", text]]);
  t.same(opened.folders, [`${root}/data`]);
});

t.test("a folder that holds a file where one would be made is refused", async (t) => {
  const text = `${one}    configs: [page]\nconfigs:\n  page:\n    content: hello\n`;
  const source = sourceOf({ "compose.yaml": text, "files/page": "mine" });
  const { stack, issues } = await (await openSource(request, source)).load({ podmanVersion: "5.4.2", others: new Map() });
  t.equal(stack, undefined);
  t.match(issues, [{ code: "compose-value", place: { file: "files/page" } }]);
});

t.test("mistakes name the Compose file and line, and all of them are told", async (t) => {
  const source = sourceOf({ "compose.yaml": `${one}    restrat: always\n    privileged: true\n` });
  await t.rejects(openSource(request, source), {
    code: "source-invalid",
    issues: [
      { code: "compose-value", place: { file: "compose.yaml", line: 4 } },
      { code: "compose-risky", place: { file: "compose.yaml", line: 5 } },
    ],
  });
});

t.test("a Containerfile in the Compose file is put where Podman finds it, by its content", async (t) => {
  const text = `services:\n  web:\n    build:\n      dockerfile_inline: FROM scratch\n`;
  const opened = await openSource(request, sourceOf({ "compose.yaml": text }));
  const { stack } = await opened.load({ podmanVersion: "5.4.2", others: new Map() });
  if (stack === undefined) throw new Error("no stack");
  const { stack: placed, files } = placeBuildFiles(stack, opened.made, "/state/phoenix");
  const build = placed.units.find(({ type }) => type === "build");
  if (build === undefined) throw new Error("no build");
  t.match(files, [{ path: /^\/state\/phoenix\/stacks\/shop\/files\/[\da-f]{64}\/web\.Containerfile$/ }]);
  t.equal(lookupLast(build.document, "Build", "File"), files[0]?.path);
  t.equal(lookupLast(build.document, "Build", "SetWorkingDirectory"), root);
});

t.test("an import writes what is risky, with a comment above its line and first in the report", async (t) => {
  const written: NewFile[] = [];
  const folders = { write: async (_: string, files: readonly NewFile[]) => void written.push(...files) } as unknown as Folders;
  const text = `${one}    privileged: true\n    environment:\n      DB_PASSWORD: hunter2-hunter2\n`;
  const asked = { ...request, out: "/home/me/out", cwd: "/home/me", force: false };
  const imported = await importSource(asked, { source: sourceOf({ "compose.yaml": text }), folders });
  t.match(imported, { stack: "shop", folder: "/home/me/out" });
  t.match(imported.report, [{ verdict: "risky", key: "services.web.privileged", place: { file: "compose.yaml", line: 4 } }]);
  const unit = written.find(({ path }) => path === "shop-web.container");
  t.match(unit, { secret: true, text: /^# Risky: services\.web\.privileged: .*\n.*privileged/m });
  await t.rejects(
    importSource({ ...asked, out: "/home/me/.config/containers/systemd/x" }, { source: sourceOf({ "compose.yaml": text }), folders }),
    {
      code: "usage",
    },
  );
});

t.test("secrets that are missing are made, those that are there stay, and what cannot be made is said at once", async (t) => {
  const made: string[] = [];
  const objects = {
    secrets: async () => ["old", "changed"],
    createSecret: async (name: string) => void made.push(name),
    secretDiffers: async (name: string) => name === "changed",
  } as unknown as Parameters<typeof makeSecrets>[3]["objects"];
  const told: string[] = [];
  const options = { warn: (issue: Issue) => void told.push(issue.message), progress: () => {} };
  const place = { file: "compose.yaml", line: 1 };
  const text = (name: string) => ({ name, place, value: { kind: "text", text: "x" } }) as const;
  await makeSecrets("shop", [text("old"), text("changed"), text("new")], options, { objects });
  t.same(made, ["new"]);
  t.match(told, [/changed has another value/]);
  const none = { name: "a", place, value: { kind: "environment", variable: "A" } } as const;
  const external = { name: "b", place, value: { kind: "external" } } as const;
  await t.rejects(makeSecrets("shop", [text("later"), none, external], options, { objects }), {
    code: "secret-unset",
    issues: [{ message: /variable A is not set/ }, { message: /secret b, which is external/ }],
  });
  t.same(made, ["new"], "nothing is made by halves");
});
