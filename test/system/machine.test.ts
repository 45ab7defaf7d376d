/**
 * What Phoenix's design takes for granted of systemd and rootless Podman, shown on a real machine: if one of these ever fails, a
 * decision fell, not just a test.
 */
import t from "tap";
import { machine } from "../support/machine.ts";

const m = await machine(t);
await m.loadTestImage();

const unit = (mode: string, port: number, description: string): string => `[Unit]
Description=${description}
[Container]
Image=localhost/phoenix-test/server:latest
Exec=${mode}
Network=demo.network
PublishPort=127.0.0.1:${port}:8080
[Service]
SuccessExitStatus=143
`;

/** Stands in for the agent: inside the rootless network namespace, asked through a socket, it reports how a GET went. */
const helper = `
const http = require("node:http");
http.createServer((request, response) => {
  const url = decodeURIComponent(request.url.slice(1));
  http.get(url, { timeout: 2000 }, (answer) => { answer.resume(); response.end(String(answer.statusCode)); })
    .on("timeout", function () { this.destroy(new Error("timeout")); })
    .on("error", (error) => response.end(error.code ?? error.message));
}).listen(process.env.HOME + "/helper.sock");
`;
const ask = (address: string): Promise<string> =>
  m.stdout(`curl -s -m 5 --unix-socket ~/helper.sock 'http://helper/${encodeURIComponent(`http://${address}:8080/health`)}'`);
const startHelper = async (): Promise<void> => {
  await m.stdout(
    "rm -f ~/helper.sock; systemctl --user reset-failed agent 2>/dev/null || :; systemd-run --user --quiet --unit=agent podman unshare --rootless-netns node ~/helper.cjs",
  );
  await m.waitFor("the helper listens", async () => (await m.run(["test", "-S", `${m.home}/helper.sock`])).exitCode === 0, 10_000);
};
const property = (name: string, of: string): Promise<string> => m.stdout(`systemctl --user show --value --property=${name} ${of}`);
const addressOf = (container: string): Promise<string> =>
  m.stdout(`podman inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' ${container}`);
const answers = async (port: number): Promise<boolean> => (await m.http(port)).status === 200;

await t.test("a machine runs programs as its user, with their exit codes and a deadline", async (t) => {
  t.equal(await m.stdout("id -un"), m.user);
  t.equal((await m.run(["sh", "-c", "exit 7"])).exitCode, 7);
  const late = await m.run(["sleep", "60"], { timeoutMs: 200 });
  t.match(late, { exitCode: 124, timedOut: true });
  t.match(await m.stdout("env"), new RegExp(`XDG_RUNTIME_DIR=/run/user/${m.uid}`));
  t.notMatch(await m.stdout("env"), /TAPJS|npm_|NODE_OPTIONS/, "nothing of the host's environment");
  const asked = { name: "a name", PLACE: "two\nexport HOME=/nowhere\n* lines", path: "p" };
  t.equal(await m.stdout('printf "%s|" "$name" "$PLACE" "$path" "$HOME"', { env: asked }), `${Object.values(asked).join("|")}|${m.home}|`);
});

await t.test("the namespace helper outlives every container and reaches new ones by address", async (t) => {
  await m.writeFile("helper.cjs", helper);
  await startHelper();
  for (const name of ["first", "second"]) {
    await m.stdout(
      `podman network create net-${name} && podman run --detach --quiet --name ${name} --network net-${name} localhost/phoenix-test/server`,
    );
    const address = await addressOf(name);
    await m.waitFor(`the helper reaches ${name}`, async () => (await ask(address)) === "200", 5_000);
    await m.stdout(`podman rm --force --time 0 ${name} && podman network rm net-${name}`);
  }
  t.equal(await property("NRestarts", "agent"), "0");
  t.equal(await property("ActiveState", "agent"), "active");
});

await t.test("a switched link and one Reload change a unit's source and nothing of what runs", async (t) => {
  for (const generation of ["1", "2"]) {
    const folder = `.local/state/demo/${generation}`;
    await m.writeFile(`${folder}/web.container`, unit("serve", m.port(), `generation ${generation}`));
    await m.writeFile(`${folder}/demo.network`, "[Network]\n");
  }
  const link = (generation: string): string => `mkdir -p ~/.config/containers/systemd/phoenix
ln -s ~/.local/state/demo/${generation} ~/.config/containers/.next
mv -T ~/.config/containers/.next ~/.config/containers/systemd/phoenix/demo
systemctl --user daemon-reload`;
  await m.stdout(`${link("1")}\nsystemctl --user start web`);
  await m.waitFor("web answers", () => answers(m.port()), 5_000);
  const before = await property("InvocationID", "web");
  t.equal(await property("SourcePath", "web"), `${m.home}/.local/state/demo/1/web.container`);
  await m.stdout(link("2"));
  t.equal(await property("SourcePath", "web"), `${m.home}/.local/state/demo/2/web.container`);
  t.equal(await property("Description", "web"), "generation 2");
  t.equal(await property("ActiveState", "web"), "active");
  t.equal(await property("InvocationID", "web"), before);
  t.ok(await answers(m.port()));
});

await t.test("the rootless port proxy accepts for a container that does not listen, and hangs up", async (t) => {
  await m.writeFile(".local/state/demo/2/deaf.container", unit("no-listener", m.port(1), "runs without a port"));
  await m.stdout("systemctl --user daemon-reload && systemctl --user start deaf");
  const client = `const socket = require("node:net").connect(${m.port(1)}, "127.0.0.1");
const began = Date.now();
const seen = [];
for (const name of ["connect", "data", "close"]) socket.on(name, () => seen.push(name));
socket.on("error", () => {});
socket.setTimeout(3000, () => socket.destroy());
socket.on("close", () => console.log(JSON.stringify({ seen, ms: Date.now() - began })));`;
  const result = JSON.parse(await m.stdout('node -e "$CLIENT"', { env: { CLIENT: client } })) as {
    readonly seen: string[];
    readonly ms: number;
  };
  t.match(result.seen, ["connect", "close"], "accepted, then closed without a word");
  t.ok(result.ms < 600, `closed within the 600 ms that a port check waits: ${result.ms} ms`);
});

await t.test("killing the agent and its helper whole touches no container", async (t) => {
  const address = await addressOf("systemd-web");
  t.equal(await ask(address), "200", "the helper of the first test still works");
  const invocations = async (): Promise<string> => `${await property("InvocationID", "web")} ${await property("InvocationID", "deaf")}`;
  const before = await invocations();
  await m.stdout("systemctl --user kill --kill-whom=all --signal=KILL agent");
  await m.waitFor("the agent is gone", async () => (await property("ActiveState", "agent")) !== "active", 5_000);
  t.equal(await property("Result", "agent"), "signal");
  t.ok(await answers(m.port()), "the published port answers");
  t.equal(
    (await m.run(["podman", "exec", "systemd-web", "wget", "-q", "-O", "-", `http://${address}:8080/health`])).exitCode,
    0,
    "the network inside works",
  );
  t.equal(await invocations(), before);
  await startHelper();
  t.equal(await ask(address), "200", "a new helper joins the same namespace");
  await m.stdout("systemctl --user restart web");
  await m.waitFor("containers can still be started", () => answers(m.port()), 5_000);
});
