import t, { type Test } from "tap";
import { editorTasks } from "../support/editor-tasks.ts";
import { type Machine, machine } from "../support/machine.ts";
import { referenceImages } from "../support/reference-images.ts";

// What a person sees of Phoenix from the first command to the last, on a machine of its own: it is rebooted twice.

const names = ["analysis-engine", "db", "gap-detector", "nginx", "recurrent-processor", "rubik-agent"] as const;
const services = names.map((name) => `${name}.service`);
const installer = "/opt/phoenix/install.sh";

/** Everything an installation could leave behind, as one text. */
const inventoryScript = `
find ~ -xdev \\( -path ~/.local/share/containers -o -path ~/.cache -o -path ~/copy \\) -prune -o -printf '%P %y %l\\n' | sort
systemctl --user list-units --all --plain --no-legend '*.service' '*.target' | awk '{print $1, $2}' | grep -v podman-user-wait | sort
systemctl --user list-unit-files --plain --no-legend --state=enabled | sort
podman ps --all --quiet
podman images --all --filter readonly=false --quiet --no-trunc | sort
podman network ls --format '{{.Name}}' | sort
podman volume ls --quiet | sort
podman secret ls --format '{{.Name}}' | sort
ls /var/lib/systemd/linger`;

const invocations = (m: Machine): Promise<string> =>
  m.stdout(`systemctl --user show --property InvocationID --value ${services.join(" ")}`);

/** The way of a person's browser: the host's own loopback, into the sandbox, nginx, rubik-agent, db. */
async function ask(m: Machine, path: string, options: RequestInit = {}): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(`http://127.0.0.1:${m.hostPort(8080)}${path}`, { ...options, signal: AbortSignal.timeout(3_000) });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

const isHealthy = async (m: Machine): Promise<boolean> => (await ask(m, "/health"))["status"] === "healthy";

/** Something in the database to be found again: a task that is not due during this test. */
async function queueTask(m: Machine): Promise<string> {
  const token = await m.stdout("podman secret inspect --showsecret --format '{{.SecretData}}' phoenix-token");
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const task = { kind: "train", run_at: new Date(Date.now() + 86_400_000).toISOString() };
  return String((await ask(m, "/tasks/tasks", { method: "POST", headers, body: JSON.stringify(task) }))["id"]);
}

const taskState = async (m: Machine, id: string): Promise<unknown> => (await ask(m, `/tasks/tasks/${id}`))["state"];

async function install(m: Machine, args = ""): Promise<string> {
  // tap's own NODE_OPTIONS names files that the sandbox does not have.
  const result = await m.shell(`unset NODE_OPTIONS; ${installer} --no-packages ${args} 2>&1 </dev/null`, { timeoutMs: 1_200_000 });
  if (result.exitCode !== 0) throw new Error(`install.sh ${args} ended with ${result.exitCode}:\n${result.stdout.slice(-4_000)}`);
  return result.stdout;
}

/** The editor's tasks of the stack that were not tried yet, by label; the others are run in this checkout's own package. */
const tasks = new Map(editorTasks.filter(({ label }) => /^(stack|logs|service): /.test(label)).map((task) => [task.label, task] as const));

/** Runs one as the editor does: in a terminal, in the workspace. One that goes on until it is ended gets three seconds. */
async function runTask(m: Machine, label: string, input = ""): Promise<{ readonly exitCode: number; readonly stdout: string }> {
  const task = tasks.get(label);
  if (task?.command === undefined) throw new Error(`no task ${label}`);
  tasks.delete(label);
  const command = task.command.replaceAll("${input:service}", "db");
  const limit = task.isBackground === true ? "timeout --foreground --signal=INT 3" : "";
  const script = `export PATH=~/.local/bin:$PATH; unset NODE_OPTIONS; cd /opt/phoenix && ${limit} script --quiet --return --command "$TASK" /dev/null`;
  return await m.shell(script, { env: { TASK: command }, input, timeoutMs: 120_000 });
}

t.test("from ./install.sh to its removal", { timeout: 1_700_000 }, async (t) => {
  const m = await machine(t, { own: true, ports: [8080, 3000] });
  // install.sh builds them again, from these layers, which are not the user's own.
  await referenceImages(m);
  const before = await m.stdout(inventoryScript);
  let task = "";

  // Each step stands on the one before: after a failure the rest would only repeat it.
  const step = (sentence: string, work: (t: Test) => Promise<void>) => t.test(sentence, { skip: !t.passing() }, work);

  await step("a first run ends with every unit active and the stack answering through the gateway", async (t) => {
    const said = await install(m);
    t.match(said, /Good: phoenix runs generation 1/);
    t.match(said, /nginx\.service +healthy/, "it ends with the status");
    const states = await m.stdout(`systemctl --user is-active phoenix.target phoenix.service ${services.join(" ")}`);
    t.equal(states, "active\n".repeat(services.length + 2).trimEnd());
    t.ok(await isHealthy(m));
    task = await queueTask(m);
    t.equal(await taskState(m, task), "queued");
    t.equal(await m.stdout("podman ps --filter label=io.phoenix.stack=phoenix --quiet | wc -l"), String(services.length));
  });

  await step("no service has root, a capability, a writable root file system or the password in its environment", async (t) => {
    for (const name of names.map((service) => `phoenix-${service}`)) {
      const status = await m.stdout(`podman exec ${name} cat /proc/1/status`);
      t.match(status, /^CapEff:\t0+$/m, name);
      t.match(status, /^NoNewPrivs:\t1$/m, name);
      t.notMatch(status, /^Uid:\t0/m, name);
      t.not((await m.shell(`podman exec ${name} sh -c 'echo >/usr/x'`)).exitCode, 0, name);
      t.notMatch(await m.stdout(`podman exec ${name} env`), /PASSWORD=/, name);
    }
  });

  await step("a second run changes nothing", async (t) => {
    const running = await invocations(m);
    t.match(await install(m), /Nothing to do: phoenix runs generation 1/);
    t.equal(await invocations(m), running);
  });

  await step("every task of the editor does what it says", async (t) => {
    const says = async (label: string, exitCode: number, words: RegExp, input?: string): Promise<void> => {
      const result = await runTask(m, label, input);
      t.equal(result.exitCode, exitCode, `${label}\n${result.stdout}`);
      t.match(result.stdout, words, label);
    };
    await says("stack: build", 0, /gap-detector\.build +unchanged/);
    await says("stack: plan", 0, /nothing to do/);
    await says("stack: deploy", 0, /Nothing to do/);
    await says("stack: roll back", 2, /generation/);
    await says("stack: stop", 0, /^$/);
    const states = async () => (await m.shell("systemctl --user is-active nginx.service db.service phoenix.service")).stdout;
    await m.waitFor("everything has stopped", async () => (await states()) === "inactive\n".repeat(3), 20_000);
    await says("stack: start", 0, /^$/);
    await m.waitFor("status is healthy", async () => (await m.phoenix(["status"])).exitCode === 0, 30_000);
    await says("service: debug", 0, /uid=999/, "id\nexit\n");
    const endless = [...tasks.values()].filter(({ isBackground }) => isBackground === true).map(({ label }) => label);
    await Promise.all(endless.map((label) => says(label, 124, label === "stack: watch" ? /healthy/ : /\w+/)));
    await says("stack: status", 0, /nginx\.service +healthy/);
    await says("stack: history", 0, /switching from generation 0 to 1/);
    await says("stack: verify", 0, /fine|Fine/);
    t.same([...tasks.keys()], [], "all of them");
  });

  await step("a newer version replaces the agent and no container", async (t) => {
    const agent = (): Promise<string> => m.stdout("systemctl --user show --property InvocationID --value phoenix.service");
    const [running, old, link] = [await invocations(m), await agent(), await m.stdout("readlink .local/share/phoenix/current")];
    await m.stdout(`unset NODE_OPTIONS; mkdir -p copy/dist && cd copy && cp -R /opt/phoenix/{install.sh,package.json,quadlet,services,systemd} . &&
      { cat /opt/phoenix/dist/phoenix.mjs; echo '// newer'; } >dist/phoenix.mjs && ./install.sh --no-packages --no-stack && rm -r ~/copy`);
    t.not(await m.stdout("readlink .local/share/phoenix/current"), link);
    t.not(await agent(), old);
    t.equal(await invocations(m), running);
  });

  await step("after a reboot all of it is back by itself, with its data", async (t) => {
    await m.reboot();
    await m.waitFor("the gateway answers", () => isHealthy(m), 30_000);
    t.equal(await taskState(m, task), "queued");
    await m.waitFor(
      "phoenix.target is active",
      async () => (await m.shell("systemctl --user is-active phoenix.target")).exitCode === 0,
      30_000,
    );
    await m.waitFor("status is healthy", async () => (await m.phoenix(["status"])).exitCode === 0, 30_000);
    const verified = await m.phoenix(["verify"]);
    t.equal(verified.exitCode, 0, verified.stdout);
    // The order of the starts sees to that; closing it would have been said.
    t.notMatch(await m.stdout("journalctl --user --boot --unit phoenix-prober.service --output cat --no-pager"), /was open/);
  });

  await step("removed without a terminal, it keeps the stack, and the stack starts without Phoenix", async (t) => {
    const running = await invocations(m);
    t.match(await install(m, "--uninstall"), /Kept, and no longer watched: phoenix/);
    t.equal(await invocations(m), running, "no container was touched");
    t.equal(await m.stdout("find .local/share/phoenix .local/state/phoenix .local/bin/phoenix .config/systemd 2>/dev/null || true"), "");
    await m.reboot();
    await m.waitFor("the gateway answers", () => isHealthy(m), 30_000);
    t.equal((await m.shell("systemctl --user cat phoenix.target")).exitCode, 1);
  });

  await step("installed again, torn down and removed, it leaves the machine as it was", async (t) => {
    t.match(await install(m), /kept by an earlier uninstallation/);
    t.equal(await taskState(m, task), "queued", "the volume is still the same");
    await install(m, "--uninstall --teardown --volumes --yes");
    t.equal(await m.stdout(inventoryScript), before);
  });
});

t.test("what is wrong is said, and nothing is touched", async (t) => {
  const m = await machine(t);
  const files = (): Promise<string> => m.stdout("find . -xdev -path ./.local/share/containers -prune -o -print | sort");
  const before = await files();
  const refuses = async (command: string, message: RegExp): Promise<void> => {
    const result = await m.shell(`unset NODE_OPTIONS; ${command} 2>&1 </dev/null`);
    t.equal(result.exitCode, 2, command);
    t.match(result.stdout, message, command);
    t.equal(await files(), before, command);
  };
  await refuses(`${installer} --bogus`, /Unknown option '--bogus'/);
  await refuses(`${installer} --teardown`, /belong to --uninstall/);
  await refuses(`${installer} --uninstall --volumes`, /--volumes needs --teardown/);
  await refuses(`${installer} --user somebody`, /--user is for root/);
  // Everything but Podman and what comes with it.
  const hide =
    'mkdir -p /tmp/no-podman-$USER && for f in /usr/bin/*; do case $f in *podman*|*newuidmap|*pasta) ;; *) ln -sf "$f" /tmp/no-podman-$USER/ ;; esac; done';
  await m.stdout(hide);
  await refuses(`PATH=/tmp/no-podman-$USER ${installer}`, /Install them with: sudo apt-get install .*podman uidmap passt/);
  await m.stdout("rm -r /tmp/no-podman-$USER");
  t.equal((await m.shell(`${installer} --help`)).exitCode, 0);
});
