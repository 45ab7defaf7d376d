import t from "tap";
import { encodeLine, type LedgerLine } from "../../src/domain/ledger.ts";
import { adaptersOn, call, type DriverAnswer, type DriverCall, got, withoutTap } from "../support/adapters.ts";
import { machine } from "../support/machine.ts";

const m = await machine(t);
const { ask, one, value, driverPath } = await adaptersOn(m);

t.test("a source folder is listed without being changed or followed outside", async (t) => {
  const src = `${m.home}/src`;
  await m.stdout(`mkdir -p ~/src/web.container.d ~/src/conf ~/src/.git ~/src/bad.container ~/src/ctx/deep
cd ~/src
printf '[Container]\\nImage=a\\n' >web.container
printf '[Container]\\nHostName=x\\n' >web.container.d/10.conf
printf '[Container]\\n\\xff' >latin.container
head -c 1100000 /dev/zero >huge.container
printf 'services: {}\\n' >compose.yaml
printf 'x' >.git/config; printf 'listen 80;' >conf/a.conf; printf 'deep' >ctx/deep/file
ln -s a.conf conf/link.conf; ln -s /etc/passwd outside.container; ln -s nowhere dangling.container; ln -s web.container linked.container`);
  const folder = await value<{ root: string; entries: readonly { kind: string; path: string }[]; texts: Record<string, string> }>(
    "source.read",
    [src],
  );
  t.equal(folder.root, src);
  t.same(Object.keys(folder.texts).sort(), ["compose.yaml", "linked.container", "web.container", "web.container.d/10.conf"]);
  const entry = (path: string): unknown => folder.entries.find((one) => one.path === path);
  t.match(entry("bad.container"), { kind: "folder" });
  t.match(entry("outside.container"), { kind: "link", target: "/etc/passwd", inside: false });
  t.match(entry("linked.container"), { kind: "link", target: `${src}/web.container`, inside: true });
  t.match(entry("huge.container"), { kind: "file", sizeBytes: 1_100_000 });
  t.match(entry("ctx/deep/file"), { kind: "file", sizeBytes: 4 });
  t.notOk(entry(".git") ?? entry(".git/config"));
  t.equal((entry("dangling.container") as { target?: string }).target, undefined);

  const digest = async (path: string): Promise<DriverAnswer> => await one("source.digest", [src, path]);
  const first = await digest("conf");
  t.match(first.value, { kind: "folder", sizeBytes: 10, digest: /^[0-9a-f]{64}$/ });
  t.equal(
    (await value<{ digest: string }>("source.digest", [src, "conf/a.conf"])).digest,
    (await m.stdout("sha256sum ~/src/conf/a.conf")).slice(0, 64),
  );
  for (const change of ["chmod +x conf/a.conf", "mv conf/a.conf conf/b.conf", "echo >conf/c.conf", "ln -sfn b.conf conf/link.conf"]) {
    const before = (await digest("conf")).value;
    await m.stdout(`cd ~/src && ${change}`);
    t.notSame((await digest("conf")).value, before, change);
  }
  await m.stdout("ln -s ../../secret ~/src/conf/leak; truncate -s 80M ~/src/ctx/large");
  t.match((await digest("conf")).error, { code: "link-outside" });
  t.match((await digest("outside.container")).error, { code: "link-outside" });
  t.match((await digest("../x")).error, { code: "file-unreadable" });
  t.match((await digest("ctx")).value, { sizeBytes: 80 * 1024 * 1024 + 4 });
  t.match((await one("source.read", [`${m.home}/none`])).error, { code: "source-missing" });
});

/** A generation of one unit and two inputs, as render would make it for a home. */
function candidate(home: string, version: string, digests: { readonly conf: string; readonly env: string }): readonly [unknown, unknown] {
  const files = `${home}/state/phoenix/stacks/demo/files`;
  const inputs = [
    { source: "conf", digest: digests.conf, path: `${files}/${digests.conf}/conf`, kind: "folder", secret: false },
    { source: "app.env", digest: digests.env, path: `${files}/${digests.env}/app.env`, kind: "file", secret: true },
  ];
  const text = `[Container]\nImage=localhost/a:${version}\nEnvironmentFile=${files}/${digests.env}/app.env\n`;
  const common = { service: "web.service", object: "web", digest: version, ports: [], after: [], requires: [], networks: [], volumes: [] };
  const units = [{ file: "web.container", type: "container", text, inputs, ...common }];
  const source = `${home}/stack`;
  return [
    { schema: 1, stack: "demo", source, digest: version, contentDigest: version, generatorVersion: "5.4.2", createdAt: 1, units },
    inputs,
  ];
}

/** Source folders with the same content in every home, and the digests of what is in them. */
async function prepare(homes: readonly string[], version: string): Promise<{ readonly conf: string; readonly env: string }> {
  await m.stdout(`for home in ${homes.join(" ")}; do mkdir -p $home/stack/conf
printf '[Container]\\nImage=localhost/a:${version}\\n' >$home/stack/web.container
printf 'listen ${version};' >$home/stack/conf/site.conf; printf 'PASSWORD=${version}' >$home/stack/app.env; done`);
  const [conf, env] = await ask(["conf", "app.env"].map((path) => call("source.digest", [`${homes[0]}/stack`, path])));
  return { conf: got<{ digest: string }>(conf).digest, env: got<{ digest: string }>(env).digest };
}

t.test("generations", async (t) => {
  const home = `${m.home}/gen`;
  const state = `${home}/state/phoenix/stacks/demo`;
  const link = `${home}/config/containers/systemd/phoenix/demo`;
  const at = { home };
  const first = await prepare([home], "1");
  t.same(await value("generations.list", ["demo"], at), []);
  t.equal(await value("generations.live", ["demo"], at), 0);
  t.match(await value("generations.write", candidate(home, "1", first), at), { number: 1, digest: "1" });
  await value("generations.switch", ["demo", 1], at);
  const second = await prepare([home], "2");
  t.match(await value("generations.write", candidate(home, "2", second), at), { number: 2 });

  await t.test("a generation is a folder with units, source, inputs and a manifest, closed to others", async (t) => {
    t.equal(
      await m.stdout(
        `cd ${state} && ls generations generations/0002 && cat generations/0002/source/web.container files/${second.conf}/conf/site.conf files/${second.env}/app.env`,
      ),
      "generations:\n0001\n0002\n\ngenerations/0002:\nmanifest.json\nsource\nunits\n[Container]\nImage=localhost/a:2\nlisten 2;PASSWORD=2",
    );
    t.equal(
      await m.stdout(`cd ${state} && stat -c %a . generations files files/${second.env}/app.env | sort -u | tr '\\n' ' '`),
      "600 700",
    );
    t.equal(await m.stdout(`readlink ${link}`), `${state}/generations/0001/units`);
    t.same(await value("generations.list", ["demo"], at), [1, 2]);
    t.match(await value("generations.read", ["demo", 2], at), {
      stack: "demo",
      number: 2,
      units: [{ file: "web.container", digest: "2" }],
    });
    t.notOk("drift" in (await value<object>("generations.read", ["demo", 2], at)));
  });

  await t.test("a source that changes between planning and copying is refused", async (t) => {
    const digests = await prepare([home], "3");
    await m.stdout(`echo more >>${home}/stack/conf/site.conf`);
    t.match((await one("generations.write", candidate(home, "3", digests), at)).error, { code: "source-changed" });
    t.same(await value("generations.list", ["demo"], at), [1, 2]);
    t.equal(await m.stdout(`ls -A ${state}/files | grep -c tmp || true`), "0");
  });

  await t.test("edited, missing and strange unit files are drift; a switch puts them right, or keeps what was edited", async (t) => {
    const units = `${state}/generations/0001/units`;
    await m.stdout(`echo '#' >>${units}/web.container; echo >${units}/strange.container`);
    t.match(await value("generations.read", ["demo", 1], at), {
      drift: [
        { file: "web.container", kind: "edited" },
        { file: "strange.container", kind: "foreign" },
      ],
    });
    await value("generations.switch", ["demo", 1, "keep"], at);
    t.match(await value("generations.read", ["demo", 1], at), { drift: [{ kind: "edited" }, { kind: "foreign" }] });
    await m.stdout(`rm -r ${units}`);
    t.match(await value("generations.read", ["demo", 1], at), { drift: [{ file: "web.container", kind: "missing" }] });
    await m.stdout(`mkdir ${units} && ln -s /etc/passwd ${units}/web.container; echo >${units}/strange.container`);
    await value("generations.switch", ["demo", 1], at);
    t.notOk("drift" in (await value<object>("generations.read", ["demo", 1], at)));
    t.equal(await m.stdout(`ls -A ${units}`), "web.container");
    t.equal(await m.stdout("head -c 4 /etc/passwd"), "root");
  });

  await t.test("a manifest that is torn or changed at any place is damaged, never trusted", async (t) => {
    const manifest = `${state}/generations/0002/manifest.json`;
    await m.stdout(`cp ${manifest} ~/manifest`);
    const length = Number(await m.stdout(`stat -c %s ${manifest}`));
    for (const cut of [0, 1, 70, Math.floor(length / 2), length - 3]) {
      await m.stdout(`head -c ${cut} ~/manifest >${manifest}`);
      t.match((await one("generations.read", ["demo", 2], at)).error, { code: "generation-damaged" }, `cut at ${cut}`);
    }
    for (const edit of ["s/a:2/a:6/", 's/"number": 2/"number": 1/', 's/"schema": 1/"schema": 2/']) {
      await m.stdout(`sed '${edit}' ~/manifest >${manifest}`);
      t.match((await one("generations.switch", ["demo", 2], at)).error, { code: "generation-damaged" }, edit);
    }
    t.equal(await value("generations.live", ["demo"], at), 1);
    await m.stdout(`cp ~/manifest ${manifest}`);
    t.match((await one("generations.read", ["demo", 9], at)).error, { code: "generation-unknown" });
  });

  await t.test("only old generations go, the live one stays, and no number comes twice", async (t) => {
    const third = await prepare([home], "4");
    t.match(await value("generations.write", candidate(home, "4", third), at), { number: 3 });
    await value("generations.switch", ["demo", 2], at);
    await m.stdout(`touch -d yesterday ${state}/files/*`);
    await value("generations.retain", ["demo", [2]], at);
    t.same(await value("generations.list", ["demo"], at), [2, 3], "3 is a candidate that waits for its turn");
    t.same((await m.stdout(`ls ${state}/files`)).split("\n").sort(), [second.conf, second.env, third.conf, third.env].sort());
    t.match(await value("generations.write", candidate(home, "4", third), at), { number: 4 });
    await value("generations.retain", ["demo", [4]], at);
    t.same(await value("generations.list", ["demo"], at), [2, 4], "2 is live");
    const writers = await Promise.all(
      [1, 2, 3].map(async () => await value<{ number: number }>("generations.write", candidate(home, "4", third), at)),
    );
    t.same(writers.map(({ number }) => number).sort(), [5, 6, 7], "three at once get a number each");
  });

  await t.test("links, foreign folders and open modes are refused, and nothing is written through them", async (t) => {
    await value("generations.switch", ["demo", 0], at);
    t.equal(await value("generations.live", ["demo"], at), 0);
    await m.stdout(`mkdir ${link} && touch ${link}/precious.container`);
    t.equal((await one("generations.live", ["demo"], at)).value, undefined);
    t.match((await one("generations.switch", ["demo", 2], at)).error, { code: "state-unsafe", message: /is not a link of ours/ });
    await m.stdout(`rm ${link}/precious.container && rmdir ${link} && ln -s /tmp ${link}`);
    t.equal((await one("generations.live", ["demo"], at)).value, undefined);
    await value("generations.switch", ["demo", 2], at);
    t.equal(await value("generations.live", ["demo"], at), 2);
    const third = await prepare([home], "4");
    for (const [spoil, mend] of [
      [`chmod 777 ${state}`, `chmod 700 ${state}`],
      [`mv ${state} ~/aside && ln -s ~/aside ${state}`, `rm ${state} && mv ~/aside ${state}`],
    ] as const) {
      await m.stdout(spoil);
      t.match((await one("generations.write", candidate(home, "4", third), at)).error, { code: "state-unsafe" }, spoil);
      t.match((await one("history.append", ["demo", { event: "stoppedByHand", service: "a" }], at)).error, { code: "state-unsafe" }, spoil);
      await m.stdout(mend);
    }
    t.match((await one("generations.list", ["../../x"], at)).error, { code: "stack-name" });
    t.equal(await m.stdout(`ls -A ${home}/config/phoenix`), "", "no link that was being made is left");
  });

  await t.test("a full disk is named, and what was live stays live", async (t) => {
    const small = `${m.home}/small`;
    await m.stdout(`mkdir ${small} && mount -t tmpfs -o size=256k,uid=${m.uid},mode=755 none ${small}`, { root: true });
    try {
      const digests = await prepare([small], "1");
      await value("generations.write", candidate(small, "1", digests), { home: small });
      await value("generations.switch", ["demo", 1], { home: small });
      await m.stdout(`head -c 200K /dev/urandom >${small}/filler || true`);
      const full = await one("generations.write", candidate(small, "2", await prepare([small], "1")), { home: small });
      const event = { event: "stoppedByHand", service: "x".repeat(60_000) };
      const ledger = await one("history.append", ["demo", event], { home: small });
      const errors = [full.error, ledger.error].filter((error) => error !== undefined);
      t.ok(errors.length > 0);
      for (const error of errors) t.match(error, { code: "state-unwritable", message: /no space is left|only \d+ of \d+ bytes/ });
      t.equal(await value("generations.live", ["demo"], { home: small }), 1);
      await m.stdout(`rm ${small}/filler`);
      t.equal((await one("history.append", ["demo", { event: "stoppedByHand", service: "a" }], { home: small })).error, undefined);
    } finally {
      await m.stdout(`umount ${small}`, { root: true });
    }
  });
});

t.test("killed at any step of writing and switching, there is exactly the old or the new generation", { timeout: 300_000 }, async (t) => {
  const calls = "rename,mkdir,symlink,unlink,rmdir";
  const home = (n: number): string => `${m.home}/crash/${n}`;
  const change = (n: number, digests: { conf: string; env: string }): readonly DriverCall[] => [
    call("generations.write", candidate(home(n), "2", digests), home(n)),
    call("history.append", ["demo", { event: "pending", generation: 2, from: 1, verb: "deploy" }], home(n)),
    call("generations.switch", ["demo", 2], home(n)),
  ];
  const start = async (ns: readonly number[]): Promise<{ conf: string; env: string }> => {
    const first = await prepare(ns.map(home), "1");
    const answers = await ask(
      ns.flatMap((n) => [
        call("generations.write", candidate(home(n), "1", first), home(n)),
        call("generations.switch", ["demo", 1], home(n)),
      ]),
    );
    t.ok(answers.every(({ error }) => error === undefined));
    return await prepare(ns.map(home), "2");
  };

  // How many of these calls are there in a change that is let through? One thread makes all of them, or each thread would be counted on its own.
  const digests = await start([0]);
  const oneThread = { UV_THREADPOOL_SIZE: "1" };
  const strace = [
    ...withoutTap,
    "strace",
    "-f",
    "-qq",
    "-y",
    "-s",
    "999",
    "-e",
    `trace=${calls},fsync`,
    "-o",
    `${m.home}/crash/log`,
  ] as const;
  const counted = await m.run([...strace, "node", driverPath], { input: JSON.stringify(change(0, digests)), env: oneThread });
  t.equal(counted.exitCode, 0, counted.stderr);
  const log = (await m.readFile("crash/log")).split("\n");
  // `rename 1`, `mkdir 1`, `mkdir 2` …: strace counts each kind of call on its own.
  const countOf = (name: string): number => log.filter((line) => line.includes(` ${name}(`)).length;
  const cutsAt = (name: string, from = 1): readonly string[] =>
    Array.from({ length: countOf(name) - from + 1 }, (_, index) => `${name}:${from + index}`);
  // The last of the syncs are the ones around the switch.
  const cuts = [...calls.split(",").flatMap((name) => cutsAt(name)), ...cutsAt("fsync", countOf("fsync") - 2)];
  const total = cuts.length;
  t.ok(total > 12 && total < 50, `${total} calls to kill at`);

  // A power cut loses what was not synced: bytes before the rename that makes them count, names after it.
  const lineOf = (pattern: RegExp): number => log.findIndex((line) => pattern.test(line));
  const appears = lineOf(/ rename\(.*-generation~", .*generations\/0002"/);
  const switches = lineOf(/ rename\(.*config\/phoenix\/\.tmp-.*, ".*containers\/systemd\/phoenix\/demo"/);
  t.ok(appears > 0 && switches > appears);
  t.notOk(
    log.some((line) => / symlink\(.*containers\/systemd/.test(line.split(", ").at(-1) ?? "")),
    "no link is made where the generator looks",
  );
  for (const path of ["units/web\\.container", "units", "source", "source/web\\.container", "manifest\\.json"]) {
    const at = lineOf(new RegExp(` fsync\\(\\d+<[^>]*-generation~/${path}>`));
    t.ok(at >= 0 && at < appears, `${path} is on the disk before its generation exists`);
  }
  for (const path of ["conf/site\\.conf|copy~/site\\.conf", "-copy~"])
    t.ok(lineOf(new RegExp(` fsync\\(\\d+<[^>]*(?:${path})>`)) >= 0, path);
  const afterwards = log.slice(appears, switches).join("\n");
  t.match(afterwards, /fsync\(\d+<[^>]*\/generations>/, "the generation's name is on the disk before the switch");
  t.match(afterwards, /fsync\(\d+<[^>]*\/history\.jsonl>/, "so is the ledger's line");
  t.match(log.slice(switches).join("\n"), /fsync\(\d+<[^>]*containers\/systemd\/phoenix>/, "and the link, at the end");

  const ns = Array.from({ length: total }, (_, index) => index + 1);
  await start(ns);
  for (const n of ns) await m.writeFile(`crash/${n}/calls.json`, JSON.stringify(change(n, digests)));
  const killed = await m.stdout(
    `unset NODE_OPTIONS; count=0; n=0; for cut in ${cuts.join(" ")}; do n=$((n + 1))
strace -f -qq -o /dev/null -e trace=\${cut%:*} -e inject=\${cut%:*}:signal=KILL:when=\${cut#*:} node ${driverPath} <~/crash/$n/calls.json >/dev/null 2>&1 || count=$((count + 1))
done; echo $count`,
    { timeoutMs: 240_000, env: oneThread },
  );
  t.equal(Number(killed), total, "each run was killed");

  const looks = await ask(
    ns.flatMap((n) => [
      call("generations.live", ["demo"], home(n)),
      call("generations.list", ["demo"], home(n)),
      call("generations.read", ["demo", 1], home(n)),
      call("history.read", ["demo"], home(n)),
    ]),
  );
  const seen = new Set<unknown>();
  for (const n of ns) {
    const [live, list, old, ledger] = looks.slice((n - 1) * 4, n * 4);
    seen.add(live?.value);
    t.ok(live?.value === 1 || live?.value === 2, `${n}: live is ${live?.value}`);
    t.ok(JSON.stringify(list?.value) === "[1]" || JSON.stringify(list?.value) === "[1,2]", `${n}: ${JSON.stringify(list?.value)}`);
    t.ok(live?.value === 1 || JSON.stringify(list?.value) === "[1,2]");
    t.ok(old?.error === undefined && !("drift" in got<object>(old)), `${n}: the old one is whole`);
    t.same(got<{ damaged: unknown }>(ledger).damaged, []);
    if (live?.value === 2) t.equal(got<{ lines: readonly unknown[] }>(ledger).lines.length, 1, `${n}: pending stands before the switch`);
  }
  t.same([...seen].sort(), [1, 2], "some were cut before the switch, some after");
  // Whoever comes next can finish: the leftovers are in nobody's way, and are swept. One bears the number of a process that began later.
  await m.stdout(`find ~/crash/[1-9]* -type d -name generations -execdir mkdir '{}/.tmp-1.1-00-generation~' ';'`);
  t.equal(Number(await m.stdout(`find ~/crash -name '.tmp-1.1-*' | wc -l`)), total);
  const finished = await ask(ns.flatMap((n) => change(n, digests)));
  t.same(
    finished.flatMap(({ error }) => error ?? []),
    [],
  );
  const whole = await ask(ns.map((n) => call("generations.read", ["demo", 2], home(n))));
  t.ok(whole.every((answer) => answer.error === undefined && !("drift" in (answer.value as object))));
  t.equal(await m.stdout(`find ~/crash -name '.tmp-*' | wc -l`), "0");
});

t.test("the ledger survives being torn at each byte", async (t) => {
  const home = `${m.home}/ledger`;
  const line = (service: string, at: number): LedgerLine => ({ event: "stoppedByHand", service, at, by: "driver" });
  const written = [line("a.service", 1), line("ö.service", 2), line("c.service", 3)];
  const bytes = Buffer.from(written.map(encodeLine).join(""));
  const ends = written.map((_, index) =>
    Buffer.byteLength(
      written
        .slice(0, index + 1)
        .map(encodeLine)
        .join(""),
    ),
  );
  const folder = (cut: number): string => `${home}/${cut}`;
  await m.writeFile("ledger/all", bytes.toString());
  await m.stdout(
    `cd ~/ledger && for n in $(seq 0 ${bytes.length}); do mkdir -p -m 700 $n/state/phoenix/stacks/demo && head -c $n all >$n/state/phoenix/stacks/demo/history.jsonl; done`,
  );
  const cuts = Array.from({ length: bytes.length + 1 }, (_, index) => index);
  const answers = await ask(
    cuts.flatMap((cut) => [
      call("history.read", ["demo"], folder(cut)),
      call("history.append", ["demo", { event: "startedByHand", service: "later" }], folder(cut)),
      call("history.read", ["demo"], folder(cut)),
    ]),
  );
  type Read = { readonly lines: readonly { readonly service: string }[]; readonly damaged: readonly number[] };
  for (const cut of cuts) {
    const [before, , after] = answers.slice(cut * 3, cut * 3 + 3).map((answer) => answer.value as Read);
    // A line is there once its last byte but the line feed is.
    const whole = ends.filter((end) => cut >= end - 1).length;
    const isTorn = cut > (ends[whole - 1] ?? 0) && cut !== (ends[whole] ?? 0) - 1;
    if (before?.lines.length !== whole || before.damaged.length !== Number(isTorn)) t.fail(`read after ${cut} bytes`, { before, whole });
    if (after?.lines.length !== whole + 1 || after.lines.at(-1)?.service !== "later") t.fail(`append after ${cut} bytes`, { after, whole });
  }
  t.match(answers[1]?.value, { event: "startedByHand", service: "later", by: "driver", at: 1_001 });

  await t.test("eight processes at once lose no line, while a ninth makes the ledger shorter again and again", async (t) => {
    const many = `${home}/many`;
    const started = (service: string) => call("history.append", ["demo", { event: "startedByHand", service }], many);
    const pairs = Array.from({ length: 60 }, (_, index) => [started(`x${index}`), started("noise")]).flat();
    const shorten = call("history.shorten", ["demo", "noise"], many);
    await m.writeFile("ledger/input", JSON.stringify(pairs));
    await m.writeFile("ledger/shorten", JSON.stringify(Array.from({ length: 20 }, () => shorten)));
    // For as long as any of the eight writes, however busy the machine is.
    await m.stdout(`unset NODE_OPTIONS; for n in $(seq 8); do DRIVER_BY=$n node ${driverPath} <~/ledger/input >/dev/null & done
      while [ -n "$(jobs -r)" ]; do node ${driverPath} <~/ledger/shorten >>~/ledger/shortened; echo >>~/ledger/shortened; done`);
    const runs = (await m.readFile("ledger/shortened")).split("\n").filter((text) => text !== "");
    const shortened = runs.flatMap((text) => JSON.parse(text) as readonly DriverAnswer[]);
    const rewritten = shortened.filter(({ value }) => (value as { before: number }).before > (value as { after: number }).after).length;
    t.ok(rewritten > 3, "it was rewritten in the midst of it", { rewritten });
    const read = await value<Read>("history.read", ["demo"], { home: many });
    t.same([read.lines.filter(({ service }) => service !== "noise").length, read.damaged], [480, []]);
    t.same(await value("history.stacks", [], { home: many }), ["demo"]);
    t.match(await value("history.shorten", ["demo", "x0"], { home: many }), { after: read.lines.length - 8 });
    await value("generations.forget", ["demo"], { home: `${home}/many` });
    t.same(await value("history.stacks", [], { home: `${home}/many` }), []);
  });
});
