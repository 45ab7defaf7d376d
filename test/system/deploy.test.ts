import t from "tap";
import { installProber } from "../support/install-prober.ts";
import { machine } from "../support/machine.ts";

const m = await machine(t);
await installProber(m);
for (const version of ["1", "2"]) await m.loadTestImage(`localhost/web:${version}`, { VERSION: version });

const unit = (image: string, environment = "", policy = ""): string => `[Unit]
Description=The web server

[Container]
Image=${image}
Network=app.network
PublishPort=127.0.0.1:${m.port()}:8080
${environment}

[X-Phoenix]
Readiness=http://:8080/health
Period=1s
MinHealthy=1s
StartupDeadline=9s
${policy}`;

await m.writeFile("app/app.network", "[Network]\n");
await m.writeFile("app/web.container", unit("localhost/web:1"));
await m.writeFile(
  "app/worker.container",
  "[Container]\nImage=localhost/web:1\nNetwork=app.network\nEnvironmentFile=./worker.env\n[X-Phoenix]\nReadiness=http://:8080/\nPeriod=1s\nMinHealthy=1s\n",
);
await m.writeFile("app/worker.env", "COLOR=blue\n");

/** Everything Phoenix could have written, and what Podman has; Podman's own lock files and databases aside. */
const tree = (): Promise<string> =>
  m.stdout(`find . -path ./.local/share/containers -prune -o -path ./.cache -prune -o -type f -printf '%p %s\\n' -o -type l -printf '%p %l\\n' | sort
    podman ps -aq; podman images -q; podman network ls -q; podman volume ls -q; podman secret ls -q`);

const invocation = (service: string): Promise<string> => m.stdout(`systemctl --user show -P InvocationID ${service}`);

t.test("plan of a new stack shows what would start, and writes nothing", async (t) => {
  const before = await tree();
  const reloads = await m.stdout("systemctl --user show -P UnitsLoadTimestampMonotonic");
  const result = await m.phoenix(["plan", "app"]);
  t.equal(result.exitCode, 0, result.stderr);
  t.match(result.stdout, /\+ web\.container +start/);
  t.match(result.stdout, /3 to add/);
  t.match(result.stdout, /web\.service: ready http:\/\/:8080\/health, live unit: every 1 s, in network systemd-app, to systemd-web/);
  t.equal((await m.phoenix(["plan", "app", "--exit-code"])).exitCode, 8);
  t.equal(await tree(), before);
  t.equal(await m.stdout("systemctl --user show -P UnitsLoadTimestampMonotonic"), reloads, "no daemon-reload");
});

t.test("plan only reads on the bus", async (t) => {
  const log = "/tmp/plan-bus-$(id -u)";
  await m.stdout(`busctl --user --json=short monitor >${log} 2>/dev/null & echo $! >${log}.pid; sleep 0.5`);
  t.equal((await m.phoenix(["plan", "app"])).exitCode, 0);
  const lines = await m.stdout(`sleep 0.3; kill $(cat ${log}.pid); cat ${log}; rm ${log} ${log}.pid`);
  type Call = { readonly type: string; readonly member: string; readonly payload: { readonly data: readonly unknown[] } };
  const messages = lines
    .split("\n")
    .filter(Boolean)
    .map((text) => JSON.parse(text) as Call);
  // Podman puts itself into a scope of its own, whatever it is asked.
  const isPodman = ({ member, payload }: Call) =>
    member === "GetConnectionUnixUser" || (member === "StartTransientUnit" && /^podman-.*\.scope$/.test(String(payload.data[0])));
  const calls = messages.filter((message) => message.type === "method_call" && !isPodman(message)).map(({ member }) => member);
  const reading = [
    "Hello",
    "AddMatch",
    "RemoveMatch",
    "Subscribe",
    "Get",
    "GetAll",
    "GetNameOwner",
    "NameHasOwner",
    "ListUnitsByNames",
    "LoadUnit",
    "GetUnit",
    "Ping",
    "BecomeMonitor",
  ];
  t.ok(calls.includes("ListUnitsByNames"), "the monitor sees it");
  t.same(
    [...new Set(calls)].filter((member) => !reading.includes(member)),
    [],
  );
});

t.test("a first deploy runs, is proven and answers", async (t) => {
  const result = await m.phoenix(["deploy", "app"]);
  t.equal(result.exitCode, 0, result.stdout + result.stderr);
  t.match(result.stdout, /Good: app runs generation 1/);
  t.equal((await m.http(m.port(), "/version")).body, "1");
  const status = await m.phoenix(["status"]);
  t.equal(status.exitCode, 0, status.stdout);
  t.match(status.stdout, /web\.service +healthy/);
});

t.test("a second deploy of an unchanged folder does nothing", async (t) => {
  const [before, run] = [await tree(), await invocation("web.service")];
  const result = await m.phoenix(["deploy", "app"]);
  t.equal(result.exitCode, 0, result.stderr);
  t.match(result.stdout, /Nothing to do/);
  t.equal(await tree(), before);
  t.equal(await invocation("web.service"), run);
  t.equal((await m.phoenix(["plan", "app", "--exit-code"])).exitCode, 0);
});

t.test("only the changed service restarts", async (t) => {
  const worker = await invocation("worker.service");
  await m.writeFile("app/web.container", unit("localhost/web:2"));
  const plan = await m.phoenix(["plan", "app"]);
  t.match(plan.stdout, /~ web\.container +restart +image localhost\/web:2/, plan.stdout);
  const result = await m.phoenix(["deploy", "app"]);
  t.equal(result.exitCode, 0, result.stdout + result.stderr);
  t.equal((await m.http(m.port(), "/version")).body, "2");
  t.equal(await invocation("worker.service"), worker);
});

t.test("a changed policy, comment or description restarts nothing", async (t) => {
  const run = await invocation("web.service");
  await m.writeFile("app/web.container", unit("localhost/web:2", "", "FailureThreshold=5\n").replace("The web server", "The front door"));
  const result = await m.phoenix(["deploy", "app"]);
  t.equal(result.exitCode, 0, result.stderr);
  t.match(result.stdout, /generation 3/);
  t.equal(await invocation("web.service"), run);
  t.equal(await m.stdout("systemctl --user show -P Description web.service"), "The front door");
});

t.test("an input file that changes restarts its reader, and rolls back with it", async (t) => {
  const web = await invocation("web.service");
  await m.writeFile("app/worker.env", "COLOR=red\n");
  t.match((await m.phoenix(["plan", "app"])).stdout, /~ worker\.container +restart +worker\.env changed/);
  t.equal((await m.phoenix(["deploy", "app"])).exitCode, 0);
  const color = () => m.stdout("podman exec systemd-worker sh -c 'echo $COLOR'");
  t.equal(await color(), "red");
  const back = await m.phoenix(["rollback"]);
  t.equal(back.exitCode, 0, back.stdout + back.stderr);
  t.equal(await color(), "blue");
  t.equal(await invocation("web.service"), web);
});

t.test("rollback to a numbered generation brings its image back, without a network", async (t) => {
  const result = await m.phoenix(["rollback", "1"]);
  t.equal(result.exitCode, 0, result.stdout + result.stderr);
  t.equal((await m.http(m.port(), "/version")).body, "1");
  const unknown = await m.phoenix(["rollback", "77"]);
  t.equal(unknown.exitCode, 4, unknown.stderr);
  t.match(unknown.stderr, /no generation 77/);
});

t.test("what a person changed on the machine is drift, and the next deploy repairs it", async (t) => {
  t.equal((await m.phoenix(["deploy", "app"])).exitCode, 0);
  await m.stdout("systemctl --user stop worker.service");
  const plan = await m.phoenix(["plan", "app"]);
  t.match(plan.stdout, /! worker\.container +start +it is inactive/, plan.stdout);
  const result = await m.phoenix(["deploy", "app"]);
  t.equal(result.exitCode, 0, result.stdout + result.stderr);
  t.equal(await m.stdout("systemctl --user is-active worker.service"), "active");
});

t.test("a unit that leaves the source is stopped, and its container is gone", async (t) => {
  await m.stdout("rm app/worker.container app/worker.env");
  const result = await m.phoenix(["deploy", "app"]);
  t.equal(result.exitCode, 0, result.stdout + result.stderr);
  t.equal(await m.stdout("podman ps -a --format '{{.Names}}'"), "systemd-web");
});

t.test("history tells what happened, in words and as JSON", async (t) => {
  const text = await m.phoenix(["history"]);
  t.match(text.stdout, /deploy: switching from generation 0 to 1/);
  const json = await m.phoenix(["history", "--json"]);
  t.ok(
    json.stdout
      .trim()
      .split("\n")
      .every((line) => typeof JSON.parse(line).event === "string"),
  );
  const journal = await m.stdout("journalctl --user -u phoenix.service -o cat --no-pager");
  t.match(journal, /deploy: switching from generation 0 to 1/);
});

t.test("teardown leaves nothing that runs, keeps the history, and rollback brings it back", async (t) => {
  t.equal((await m.phoenix(["teardown", "app"])).exitCode, 2, "asks first");
  const result = await m.phoenix(["teardown", "app", "--yes"]);
  t.equal(result.exitCode, 0, result.stdout + result.stderr);
  t.equal(await m.stdout("podman ps -aq; podman network ls --format '{{.Name}}' | grep -v '^podman$' || true"), "");
  const back = await m.phoenix(["rollback", "--stack", "app"]);
  t.equal(back.exitCode, 0, back.stdout + back.stderr);
  t.equal((await m.http(m.port(), "/version")).body, "2");
});

t.test("teardown --volumes --purge leaves no trace", async (t) => {
  const result = await m.phoenix(["teardown", "app", "--volumes", "--purge", "--yes"]);
  t.equal(result.exitCode, 0, result.stdout + result.stderr);
  t.equal(await m.stdout("podman images --format '{{.Repository}}' | grep phoenix/ || true"), "");
  t.equal(await m.stdout("find .local/state/phoenix .config/containers -type f -o -type l 2>/dev/null || true"), "");
  t.match((await m.phoenix(["status"])).stdout, /No stacks/);
});
