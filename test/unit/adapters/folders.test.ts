import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { newFolders } from "../../../src/adapters/files/folders.ts";
import { folderSource } from "../../../src/adapters/files/source.ts";
import type { NewFile } from "../../../src/domain/source.ts";

function place(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "phoenix-folders-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const text = (path: string, content: string, secret = false): NewFile => ({ path, text: content, secret });
const write = (path: string, files: readonly NewFile[], force = false): Promise<void> => newFolders.write(path, files, { force });

t.test("a folder appears with its files, the secret ones for their owner alone", async (t) => {
  const out = join(place(t), "new/out");
  await write(out, [text("web.container", "a"), text("files/page", "b"), text("db.container", "c", true)]);
  t.equal(readFileSync(join(out, "files/page"), "utf8"), "b");
  t.equal(statSync(join(out, "db.container")).mode & 0o777, 0o600);
  t.equal(statSync(join(out, "web.container")).mode & 0o777, 0o644);
});

t.test("an empty folder that is there is taken", async (t) => {
  const out = join(place(t), "out");
  mkdirSync(out);
  await write(out, [text("web.container", "a")]);
  t.ok(existsSync(join(out, "web.container")));
});

t.test("a second import replaces what the first one wrote, removes what is gone, and keeps what is somebody else's", async (t) => {
  const out = join(place(t), "out");
  await write(out, [text("web.container", "a"), text("old.container", "b"), text("files/page", "c")]);
  mkdirSync(join(out, "web.container.d"));
  writeFileSync(join(out, "web.container.d/more.conf"), "mine");
  await write(out, [text("web.container", "a2")]);
  t.same(readdirSync(out).sort(), [".phoenix-import.json", "web.container", "web.container.d"]);
  t.equal(readFileSync(join(out, "web.container"), "utf8"), "a2");
  t.equal(readFileSync(join(out, "web.container.d/more.conf"), "utf8"), "mine");
});

t.test("what was edited, or was there before, is refused, and nothing changes; --force replaces it", async (t) => {
  const out = join(place(t), "out");
  await write(out, [text("web.container", "a"), text("db.container", "b")]);
  writeFileSync(join(out, "web.container"), "edited");
  await t.rejects(write(out, [text("db.container", "b2"), text("web.container", "a2")]), {
    code: "import-exists",
    message: /it was edited since/,
  });
  writeFileSync(join(out, "other.container"), "foreign");
  await t.rejects(write(out, [text("other.container", "x")]), { code: "import-exists" });
  t.equal(readFileSync(join(out, "db.container"), "utf8"), "b");
  t.same(readdirSync(join(out, "..")), ["out"], "no temporary folder is left");
  await write(out, [text("web.container", "a2")], true);
  t.equal(readFileSync(join(out, "web.container"), "utf8"), "a2");
});

t.test("a name that leads out of the folder is refused", async (t) => {
  const folder = place(t);
  await t.rejects(write(join(folder, "out"), [text("../evil", "x")]), { code: "link-outside" });
  t.same(readdirSync(folder), []);
});

t.test("a file in the place of the folder is refused", async (t) => {
  const folder = place(t);
  writeFileSync(join(folder, "out"), "x");
  await t.rejects(write(join(folder, "out"), [text("a", "x")]), { code: "import-exists" });
});

t.test("only what is named is looked at, and links are followed within the folder", async (t) => {
  const root = place(t);
  mkdirSync(join(root, "conf/sub"), { recursive: true });
  writeFileSync(join(root, "conf/sub/a"), "abc");
  mkdirSync(join(root, "data"));
  writeFileSync(join(root, "data/large"), "x");
  symlinkSync("conf", join(root, "link"));
  symlinkSync("/etc", join(root, "out"));
  const look = async (path: string, deep: boolean): Promise<readonly string[]> =>
    (await folderSource().look(root, [{ path, deep }])).map((entry) => `${entry.kind} ${entry.path}`);
  t.same(await look("data", false), ["folder data"]);
  t.same(await look("conf", true), ["folder conf", "folder conf/sub", "file conf/sub/a"]);
  t.same(await look("link/sub", true), ["folder conf", "folder conf/sub", "file conf/sub/a", "link link"]);
  t.same(await look("out/passwd", true), ["link out"]);
  t.same(await look("missing/x", true), []);
});

t.test("texts that cannot be had are null", async (t) => {
  const root = place(t);
  writeFileSync(join(root, "good"), "text");
  writeFileSync(join(root, "bad"), Buffer.from([0xff, 0xfe, 0x00]));
  writeFileSync(join(root, "large"), "x".repeat(10 * 1024 * 1024 + 1));
  const texts = await folderSource().texts(["good", "bad", "large", "none", "."].map((name) => join(root, name)));
  t.same([...texts.values()], ["text", null, null, null, null]);
});

t.test("a path is found as what it is, whatever it links to", async (t) => {
  const root = place(t);
  mkdirSync(join(root, "project"));
  writeFileSync(join(root, "real.yaml"), "x");
  symlinkSync("../real.yaml", join(root, "project/compose.yaml"));
  chmodSync(join(root, "real.yaml"), 0o600);
  const { find } = folderSource();
  t.match(await find(join(root, "project/compose.yaml")), { kind: "file", name: "compose.yaml", folder: /project$/ });
  t.match(await find(join(root, "project")), { kind: "folder", names: ["compose.yaml"] });
  await t.rejects(find(join(root, "nothing")), { code: "source-missing" });
});
