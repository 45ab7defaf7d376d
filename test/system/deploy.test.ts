import t from "tap";
import { machine } from "../support/machine.ts";
import { installProber } from "../support/install-prober.ts";

const m = await machine(t);
await installProber(m);
await m.loadTestImage("localhost/web:1", { VERSION: "1" });
await m.loadTestImage("localhost/web:2", { VERSION: "2" });

const web = (image: string, more = ""): string => `[Unit]
Description=The web server

[Container]
Image=${image}
Network=app.network
PublishPort=127.0.0.1:${m.port()}:8080

[X-Phoenix]
Readiness=http://:8080/health
Period=1s
MinHealthy=1s
StartupDeadline=9s
${more}`;

await m.writeFile("app/app.network", "[Network]\n");
await m.writeFile("app/web.container", web("localhost/web:1"));

t.test("plan of a new stack shows what would start and writes nothing", async (t) => {
  const before = await m.stdout("find . -type f | sort; podman ps -a -q; podman images -q");
  const result = await m.phoenix(["plan", "app"]);
  t.equal(result.exitCode, 0, result.stderr);
  t.match(result.stdout, /\+ web\.container +start/);
  t.match(result.stdout, /2 to add/);
  t.equal(await m.stdout("find . -type f | sort; podman ps -a -q; podman images -q"), before);
  t.equal((await m.phoenix(["plan", "app", "--exit-code"])).exitCode, 8);
});

t.test("a first deploy runs, is proven and answers", async (t) => {
  const result = await m.phoenix(["deploy", "app"]);
  t.equal(result.exitCode, 0, result.stdout + result.stderr);
  t.equal((await m.http(m.port(), "/version")).body, "1");
  t.equal((await m.phoenix(["status"])).exitCode, 0);
});
