import t from "tap";
import { checkNames } from "../../../src/check/names.ts";
import { checkPorts } from "../../../src/check/ports.ts";
import { overlaps } from "../../../src/check/subnet.ts";
import { checkSubnets } from "../../../src/check/subnets.ts";
import { unitOf } from "../../support/given.ts";

t.test("two ranges overlap when one holds the other's first address", async (t) => {
  t.ok(overlaps("172.20.0.0/16", "172.20.5.0/24"));
  t.ok(overlaps("172.20.5.0/24", "172.16.0.0/12"));
  t.notOk(overlaps("172.20.0.0/16", "172.21.0.0/16"));
  t.ok(overlaps("fd00::/8", "fd12:3456::/64"));
  t.notOk(overlaps("fd00::/8", "10.0.0.0/8"));
  for (const bad of ["", "x", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/x"]) t.notOk(overlaps(bad, "10.0.0.0/8"));
});

const network = unitOf("app.network", { text: "[Network]\nSubnet=172.20.0.0/16\n", object: "phoenix-net" });

t.test("a taken subnet names its owner and the drop-in that moves the network", async (t) => {
  const facts = { networks: [], interfaces: [{ subnet: "172.20.0.0/16", owner: "br-docker" }] };
  const [issue] = checkSubnets([network], facts);
  t.equal(issue?.message, "Cannot make network phoenix-net: 172.20.0.0/16 overlaps 172.20.0.0/16 of interface br-docker.");
  t.match(issue?.remedy, /mkdir -p app\.network\.d && printf '\[Network\]\\nSubnet=\\nSubnet=10\.201\.0\.0\/24/);
});

t.test("a network that is there already is no clash with itself", async (t) => {
  const own = { name: "phoenix-net", labels: {}, subnets: ["172.20.0.0/16"], gateways: [], internal: false, dnsEnabled: true };
  t.same(checkSubnets([network], { networks: [own], interfaces: [] }), []);
});

const port = (hostPort: number, hostAddress = "127.0.0.1") => ({ hostAddress, hostPort, containerPort: 80, protocol: "tcp" as const });
const web = unitOf("web.container", { ports: [port(8080)] });

t.test("a port that somebody else listens on is refused, our own is not", async (t) => {
  const listeners = [{ address: "0.0.0.0", port: 8080, owner: "apache2 (77)" }];
  t.match(checkPorts([web], { listeners, ours: [] }), [
    { code: "port-taken", message: "Cannot publish 127.0.0.1:8080: apache2 (77) listens there." },
  ]);
  t.same(checkPorts([web], { listeners, ours: [port(8080)] }), []);
  t.same(checkPorts([web], { listeners: [{ address: "10.0.0.1", port: 8080 }], ours: [] }), []);
});

t.test("two units that publish the same port are refused", async (t) => {
  const twin = unitOf("twin.container", { ports: [port(8080, "")] });
  t.match(checkPorts([web, twin], { listeners: [], ours: [] }), [
    { place: { file: "twin.container" }, message: /web\.container publishes it too/ },
  ]);
});

t.test("a name that another file has is refused with its path", async (t) => {
  const foreign = [{ name: "web.service", path: "/home/x/.config/systemd/user/web.service" }];
  t.match(checkNames([web, network], foreign), [
    { code: "name-taken", message: "Cannot use the name web.service: /home/x/.config/systemd/user/web.service has it." },
  ]);
});
