import t from "tap";
import { loadStack } from "../../../src/stack/load.ts";
import { takeOver } from "../../../src/stack/take-over.ts";
import { folderOf } from "../../support/folder.ts";

/** The text that a file gets, or where it is copied from. */
function taken(files: Readonly<Record<string, string>>): {
  readonly texts: Readonly<Record<string, string>>;
  readonly replaced: readonly string[];
} {
  const folder = folderOf(files, "/home/me/units");
  const { stack, issues } = loadStack({ folder, podmanVersion: "5.4.2" });
  if (stack === undefined) throw new Error(JSON.stringify(issues, null, 1));
  const { files: written, replaced } = takeOver(folder, stack);
  return { texts: Object.fromEntries(written.map((file) => [file.path, "text" in file ? file.text : `copy of ${file.from}`])), replaced };
}

const unit = "[Container]\nImage=docker.io/library/caddy:2\n";

t.test("a unit stays as it is, comments included, but for a line that says where it comes from", async (t) => {
  const text = `# mine\n${unit}# a comment\nExec=run  it\n`;
  t.strictSame(taken({ "web.container": text }).texts, { "web.container": `# Taken over from /home/me/units/web.container\n${text}` });
});

t.test("what a unit only reads comes along, what it writes stays where it is", async (t) => {
  const { texts } = taken({
    "web.container": `${unit}Volume=./conf:/etc/caddy:ro\nVolume=./data:/data\nEnvironmentFile=./web.env\nVolume=/srv/x:/x\nVolume=%h/y:/y\n`,
    "conf/Caddyfile": "x",
    "data/db": "x",
    "web.env": "A=b\n",
  });
  t.match(
    texts["web.container"],
    /^Volume=\.\/conf:\/etc\/caddy:ro\nVolume=\/home\/me\/units\/data:\/data\nEnvironmentFile=\.\/web\.env\nVolume=\/srv\/x:\/x\nVolume=%h\/y:\/y$/m,
  );
  t.equal(texts["conf"], "copy of /home/me/units/conf");
  t.equal(texts["web.env"], "copy of /home/me/units/web.env");
  t.notOk(Object.keys(texts).some((path) => path.startsWith("data")));
});

t.test("a volume keeps the name that Podman knows it by", async (t) => {
  const { texts } = taken({ "web.container": unit, "db.volume": "[Volume]\n", "own.volume": "[Volume]\nVolumeName=mine\n" });
  t.match(texts["db.volume"], /^\[Volume\]\nVolumeName=systemd-db$/m);
  t.notMatch(texts["own.volume"], /systemd/);
});

t.test("drop-ins come along with their paths, and build contexts stay", async (t) => {
  const { texts, replaced } = taken({
    "web.container": "[Container]\nImage=web.build\n",
    "web.container.d/10-more.conf": "[Container]\nVolume=./more:/more\n",
    "web.build": "[Build]\nImageTag=localhost/web\nSetWorkingDirectory=unit\n",
    Containerfile: "FROM scratch",
    "more/": "",
  });
  t.equal(texts["web.container.d/10-more.conf"], "[Container]\nVolume=/home/me/units/more:/more\n");
  t.match(texts["web.build"], /^SetWorkingDirectory=\/home\/me\/units$/m);
  t.notOk("Containerfile" in texts);
  t.same(replaced, ["web.build", "web.container", "web.container.d"]);
});

t.test("what was taken over loads in its new place and means the same", async (t) => {
  const files = { "web.container": `${unit}Volume=./conf:/c:ro\nVolume=db.volume:/d\n`, "conf/f": "x", "db.volume": "[Volume]\n" };
  const { texts } = taken(files);
  const { stack, issues } = loadStack({
    folder: folderOf({ ...texts, "conf/f": "x" }, "/home/me/new"),
    podmanVersion: "5.4.2",
  });
  t.same(issues, []);
  t.same(
    stack?.units.map(({ service, object, volumes }) => [service, object, volumes]),
    [
      ["db-volume.service", "systemd-db", []],
      ["web.service", "systemd-web", ["systemd-db"]],
    ],
  );
});
