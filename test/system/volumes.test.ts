import t from "tap";
import { installAgent } from "../support/install-agent.ts";
import { installProber } from "../support/install-prober.ts";
import { machine, phoenixArgv } from "../support/machine.ts";

const m = await machine(t);
await installProber(m);
await m.loadTestImage("localhost/web:1");

const policy = "[X-Phoenix]\nReadiness=http://:8080/\nPeriod=1s\nMinHealthy=1s\nStartupDeadline=20s\n";
await m.writeFile("app/app.network", "[Network]\n");
await m.writeFile("app/data.volume", "[Volume]\nLabel=keep=me\n");
await m.writeFile(
  "app/db.container",
  `[Container]\nImage=localhost/web:1\nNetwork=app.network\nVolume=data.volume:/data\nUser=1000\n\n${policy}`,
);
await m.writeFile(
  "app/web.container",
  `[Unit]\nRequires=db.service\nAfter=db.service\n\n[Container]\nImage=localhost/web:1\nNetwork=app.network\n\n${policy}`,
);

const volumes = (...args: readonly string[]) => m.phoenix(["volumes", ...args]);
const folder = (): Promise<string> => m.stdout("podman volume inspect -f '{{.Mountpoint}}' systemd-data");
/** Everything in the volume, its top folder first, with owners as the user namespace counts. */
const content = async (): Promise<string> =>
  await m.stdout(`podman unshare sh -c 'cd "$DATA"; find . -printf "%P %U:%G %m %y %l %TY-%Tm-%Td\\n" | sort; cat file'`, {
    env: { DATA: await folder() },
  });
const inData = async (script: string): Promise<string> =>
  await m.stdout(`podman unshare sh -euc 'cd "$DATA"; ${script}'`, { env: { DATA: await folder() } });
const runs = (): Promise<string> => m.stdout("systemctl --user show -P InvocationID -P ActiveState db.service web.service");
const names = (): Promise<string> => m.stdout("podman volume ls -q | sort");

let original = "";
const labels = (): Promise<string> => m.stdout("podman volume inspect -f '{{json .Labels}} {{json .Options}}' systemd-data");

t.test("list tells sizes and users", async (t) => {
  const deployed = await m.phoenix(["deploy", "app"]);
  t.equal(deployed.exitCode, 0, deployed.stdout + deployed.stderr);
  await inData(
    "echo precious >file; chown 1000:7 file; chmod 640 file; touch -d 2001-02-03 file; mkdir sub; head -c 300000 /dev/zero >sub/zero; chown -R 5:6 sub; chmod 700 sub; ln -s file link; chown 1000:1000 .; chmod 2750 .",
  );
  await m.stdout("podman volume create mine");
  original = await content();
  t.match(original, /^ 1000:1000 2750 d/m);
  const { exitCode, stdout, stderr } = await volumes("list", "--json");
  t.equal(exitCode, 0, stderr);
  const rows = JSON.parse(stdout) as readonly { readonly name: string; readonly sizeBytes: number }[];
  t.match(rows, [
    { name: "mine", madeBy: null, uses: [] },
    {
      name: "systemd-data",
      madeBy: "app",
      uses: [{ stack: "app", services: ["db.service"], maker: "data-volume.service", generations: [1] }],
    },
  ]);
  t.ok((rows[1]?.sizeBytes ?? 0) >= 300_000, `${rows[1]?.sizeBytes}`);
  t.match((await volumes("list")).stdout, /mine .* not Phoenix's +no generation\nsystemd-data +3\d\d kB +app: db\.service +generation 1\n/);
});

t.test("export refuses under a running service, and says what to do; --live and --stop do it", async (t) => {
  const before = await runs();
  const refused = await volumes("export", "systemd-data", "a.tar");
  t.equal(refused.exitCode, 2, refused.stderr);
  t.match(refused.stderr, /db\.service may write it right now.*--stop.*--live/s);
  t.equal((await m.run(["test", "-e", `${m.home}/a.tar`])).exitCode, 1, "no file");
  t.equal((await volumes("export", "systemd-data", "live.tar", "--live")).exitCode, 0);
  t.equal(await runs(), before, "--live disturbs nobody");
  const exported = await volumes("export", "systemd-data", "a.tar", "--stop");
  t.equal(exported.exitCode, 0, exported.stderr);
  t.match(exported.stderr, /stopping db\.service\n.*starting db\.service\n.*starting web\.service/s, "what needs it starts again as well");
  t.not(await runs(), before);
  t.match(await runs(), /^active\n[0-9a-f]{32}\n\nactive\n/);
  t.equal(await m.stdout("stat -c %a a.tar"), "600");
  t.match(await m.stdout("tar --list --verbose --numeric-owner --file a.tar"), /^drwxr-s--- 1000\/1000 .* \.\/\n/);
  const again = await volumes("export", "systemd-data", "a.tar", "--live");
  t.equal(again.exitCode, 2);
  t.match(again.stderr, /a\.tar: it is there already/);
  t.equal((await volumes("export", "systemd-data", "a.tar", "--live", "--force")).exitCode, 0);
  t.equal(await m.stdout(`${phoenixArgv.join(" ")} volumes export systemd-data - --live --quiet | cmp - a.tar && echo same`), "same");
  t.equal((await volumes("export", "no-such", "b.tar", "--live")).exitCode, 4);
  t.equal(await m.stdout("ls -A | grep -c '^\\.tmp-' || :"), "0", "no half files");
});

t.test("an export that runs out of space leaves no file", async (t) => {
  const path = `/mnt/small-${m.user}`;
  await m.stdout(`mkdir -p ${path}; mount -t tmpfs -o size=64k,mode=1777 none ${path}`, { root: true });
  t.teardown(async () => {
    await m.stdout(`umount ${path}; rmdir ${path}`, { root: true });
  });
  const { exitCode, stderr } = await volumes("export", "systemd-data", `${path}/a.tar`, "--live");
  t.equal(exitCode, 1, stderr);
  t.equal(await m.stdout(`ls -A ${path}`), "");
});

t.test("what cannot be imported touches nothing", async (t) => {
  await m.stdout("head -c 200000 a.tar >torn.tar; echo nothing >text.tar; printf '' >empty.tar");
  // A file whose owner is not among this user's subordinate ids.
  await m.stdout("touch x; tar --create --owner=9999999 --group=9999999 --file strange.tar x");
  const [before, data, all] = [await runs(), await content(), await names()];
  const busy = await volumes("import", "systemd-data", "a.tar", "--yes");
  t.equal(busy.exitCode, 2);
  t.match(busy.stderr, /db\.service uses it.*systemctl --user stop db\.service/s);
  for (const file of ["torn.tar", "text.tar", "empty.tar", "strange.tar", "no-such.tar"]) {
    const { exitCode, stderr } = await volumes("import", "systemd-data", file, "--stop", "--yes");
    t.equal(exitCode, 2, `${file}: ${stderr}`);
  }
  t.equal((await volumes("import", "systemd-data", "a.tar", "--stop")).exitCode, 2, "nobody said yes");
  t.equal((await volumes("import", "no-such", "a.tar", "--yes")).exitCode, 4);
  await m.stdout("podman run -d --name stranger -v systemd-data:/x localhost/web:1");
  const held = await volumes("import", "systemd-data", "a.tar", "--stop", "--yes");
  t.equal(held.exitCode, 2);
  t.match(held.stderr, /stranger uses it.*podman rm --force stranger/s);
  await m.stdout("podman rm --force --time 0 stranger");
  t.equal(await runs(), before, "nobody was restarted");
  t.equal(await content(), data);
  t.equal(await names(), all, "no trial is left");
});

t.test("a round trip brings back content, owners, modes and times, also of the top folder", async (t) => {
  const [wanted, marked] = [original, await labels()];
  await inData("rm -r sub link; echo spoilt >file; echo new >more; chmod 777 .; chown 3:3 .");
  const { exitCode, stdout, stderr } = await volumes("import", "systemd-data", "a.tar", "--stop", "--yes");
  t.equal(exitCode, 0, stdout + stderr);
  t.equal(await content(), wanted);
  t.equal(await labels(), marked, "the same labels and options");
  t.match(await runs(), /^active\n[0-9a-f]{32}\n\nactive\n/);
  t.equal(await names(), "mine\nsystemd-data");
  t.match((await m.phoenix(["history", "app"])).stdout, /restored volume systemd-data: imported by hand/);
  t.equal((await m.phoenix(["verify", "app"])).exitCode, 0);
});

t.test("Podman's own archive, through standard input and compressed, keeps the top folder's owner too", async (t) => {
  await m.stdout("podman volume export systemd-data | gzip >plain.tar.gz");
  const { exitCode, stderr } = await m.shell(`${phoenixArgv.join(" ")} volumes import systemd-data - --stop --yes <plain.tar.gz`);
  t.equal(exitCode, 0, stderr);
  t.equal(await content(), original);
});

t.test("a volume that is gone is made by its unit, then filled", async (t) => {
  const marked = await labels();
  await m.stdout("systemctl --user stop web.service db.service; podman volume rm systemd-data");
  const { exitCode, stderr } = await volumes("import", "systemd-data", "a.tar", "--yes");
  t.equal(exitCode, 0, stderr);
  t.equal(await content(), original);
  t.equal(await labels(), marked);
});

t.test("data that Podman mounts from elsewhere is not replaced", async (t) => {
  await m.stdout(
    "mkdir -p elsewhere; echo there >elsewhere/file; podman volume create --opt=type=none --opt=o=bind --opt=device=$HOME/elsewhere bound",
  );
  const { exitCode, stderr } = await volumes("import", "bound", "a.tar", "--yes");
  t.equal(exitCode, 2, stderr);
  t.match(stderr, /Cannot import into bound: its driver or options \(local\) keep the data elsewhere\./);
  t.equal(await m.stdout("cat elsewhere/file"), "there");
  await m.stdout("podman volume rm bound");
});

t.test(
  "beside the agent, an import brings back what it stopped; killed at its worst instant it leaves whole data, and says what is left",
  async (t) => {
    await installAgent(m);
    const health = async (): Promise<Readonly<Record<string, string>>> => {
      const { stacks } = JSON.parse((await m.phoenix(["status", "--json"])).stdout) as {
        readonly stacks: readonly {
          readonly services: readonly { readonly service: string; readonly health: string; readonly because: string }[];
        }[];
      };
      const services = stacks.flatMap(({ services: all }) => all);
      return Object.fromEntries(services.map(({ service, health, because }) => [service, health === "healthy" ? health : because]));
    };
    const isWell = async (): Promise<boolean> => {
      const { "db.service": db, "web.service": web } = await health();
      return db === "healthy" && web === "healthy";
    };
    const start = async (): Promise<void> => {
      await m.stdout("systemctl --user start web.service");
      await m.waitFor("all is well", isWell, 30_000);
    };
    await start();
    await m.stdout("mkdir other; echo other >other/file; tar --create --file other.tar --directory other .");

    for (const [place, wanted] of [
      ["before:exchange-data", "precious"],
      ["after:exchange-data", "other"],
    ] as const) {
      const killed = await m.phoenix(["volumes", "import", "systemd-data", "other.tar", "--stop", "--yes"], {
        env: { PHOENIX_FAILPOINT: place },
      });
      t.equal(killed.exitCode, 137, `${place}: ${killed.stdout}${killed.stderr}`);
      t.equal(await inData("cat file"), wanted, `${place}: all of one, and nothing of the other`);
      const isTold = async (): Promise<boolean> => (await health())["db.service"] === "stopped by hand";
      await m.waitFor("status says why nothing runs", isTold, 10_000);
      await start();
      t.equal(await inData("cat file"), wanted);
      t.match((await volumes("list")).stdout, /^phoenix-trial-[0-9a-f]{12} .* an import into systemd-data, or left of one/m);
    }

    const again = await volumes("import", "systemd-data", "a.tar", "--stop", "--yes");
    t.equal(again.exitCode, 0, again.stderr);
    t.equal([...again.stderr.matchAll(/phoenix-trial-[0-9a-f]{12} is left of another import into systemd-data/g)].length, 2, again.stderr);
    t.equal(await content(), original);
    await m.waitFor("what was stopped is back", isWell, 30_000);
    const pruned = JSON.parse((await volumes("prune", "--yes", "--json")).stdout) as readonly { readonly name: string }[];
    t.equal(pruned.filter(({ name }) => name.startsWith("phoenix-trial-")).length, 2);
    t.equal(await names(), "mine\nsystemd-data");
    await m.stdout("systemctl --user disable --now --quiet phoenix.target phoenix.service; systemctl --user start web.service");
  },
);

t.test("prune takes what Phoenix made and no generation names; never a stranger's, never what a rollback needs", async (t) => {
  t.match((await volumes("prune", "--yes")).stdout, /Nothing to prune/);
  await m.stdout("rm app/data.volume app/web.container; sed -i /Volume=/d app/db.container");
  const deployed = await m.phoenix(["deploy", "app"]);
  t.equal(deployed.exitCode, 0, deployed.stdout + deployed.stderr);
  t.match((await volumes("prune", "--yes")).stdout, /Nothing to prune/, "generation 1 names it");
  t.equal((await m.phoenix(["teardown", "app", "--purge", "--yes"])).exitCode, 0);
  const asked = await volumes("prune");
  t.equal(asked.exitCode, 2);
  t.match(asked.stderr, /systemd-data \(3\d\d kB, made by stack app\)\n.*Nothing was touched/s);
  await m.stdout("podman create --name holder -v systemd-data:/x localhost/web:1");
  t.match((await volumes("prune", "--yes")).stdout, /Nothing to prune/, "a container holds it");
  await m.stdout("podman rm holder");
  const pruned = await volumes("prune", "--yes", "--json");
  t.match(JSON.parse(pruned.stdout), [{ name: "systemd-data", madeBy: "app" }]);
  t.equal(await names(), "mine");
});
