import t from "tap";
import { nodeAt } from "../../../src/compose/node.ts";
import { found, project, read, told, valueAt } from "./given.ts";

const profiled = "services:\n  a: {image: x}\n  b: {image: x, profiles: [dev, test]}\n  c: {image: x, profiles: [prod]}\n";

t.test("profiles: those asked for, else COMPOSE_PROFILES; * is all", async (t) => {
  const names = (more: Parameters<typeof project>[1]) => Object.keys(valueAt(project(profiled, more), "services") as object).join("");
  t.equal(names({}), "a");
  t.equal(names({ profiles: ["test"] }), "ab");
  t.equal(names({ profiles: ["dev", "prod"] }), "abc");
  t.equal(names({ profiles: ["*"] }), "abc");
  t.equal(names({ profiles: ["none"] }), "a");
  t.equal(names({ env: { COMPOSE_PROFILES: "x, prod" } }), "ac");
  t.equal(names({ profiles: ["dev"], env: { COMPOSE_PROFILES: "prod" } }), "ab");
});

t.test("who needs a service that is not there is told, with what to do", async (t) => {
  const needs = (text: string) => read(`${profiled}  w: {image: x, ${text}}\n`).issues;
  t.match(needs("depends_on: [c]"), [
    {
      code: "compose-missing",
      message: "The service w depends on c, but the service c is only there with the profile prod.",
      place: { file: "compose.yaml", line: 5 },
      remedy: "Add --profile prod, or give both services the same profiles.",
    },
  ]);
  t.equal(needs("depends_on: {b: {condition: service_started}}").length, 1);
  t.equal(needs("network_mode: 'service:c'").length, 1);
  t.equal(needs("pid: 'service:c'").length, 1);
  t.equal(needs("links: ['c:alias']").length, 1);
  t.equal(needs("volumes_from: ['c:ro', 'container:c']").length, 1);
  t.equal(needs("depends_on: [nobody]").length, 1);
  t.same(needs("depends_on: [a], network_mode: host, volumes_from: [a]"), []);
});

t.test("an optional dependency on a service that is not there is left out", async (t) => {
  const shop = project(
    `${profiled}  w: {image: x, depends_on: {c: {condition: service_started, required: false}, a: {condition: service_healthy}}}\n`,
  );
  t.same(valueAt(shop, "services", "w", "depends_on"), { a: { condition: "service_healthy" } });
});

t.test("the project's name: --project, COMPOSE_PROJECT_NAME, name:, the folder", async (t) => {
  const text = "name: from-${KIND:-file}\nservices: {a: {image: $COMPOSE_PROJECT_NAME}}\n";
  const name = (more: Parameters<typeof project>[1], file = text) => project(file, more).name;
  t.equal(name({}), "from-file");
  t.equal(name({ env: { KIND: "env" } }), "from-env");
  t.equal(name({ env: { COMPOSE_PROJECT_NAME: "env" } }), "env");
  t.equal(name({ env: { COMPOSE_PROJECT_NAME: "env" }, project: "said" }), "said");
  t.equal(name({}, "services: {}"), "shop");
  t.equal(valueAt(project(text), "services", "a", "image"), "from-file");
  t.equal(valueAt(project(text), "name"), undefined);
  const at = (folder: string) => project({ [`${folder}/compose.yaml`]: "services: {}" }, { files: [`${folder}/compose.yaml`] }).name;
  t.equal(at("/opt/My Shop_2.0"), "my-shop-2-0");
  t.equal(at("/opt/shop/docker"), "shop");
  t.equal(at("/opt/-x-"), "x");
});

t.test("a name that does not fit", async (t) => {
  t.same(told(read("services: {}\nname: My_Shop\n").issues), [
    "compose.yaml:2 warning stack-name: The project is called my-shop: its own name has characters that a stack's cannot have.",
  ]);
  t.same(found("name: ___\nservices: {}"), ["compose.yaml:1 stack-name"]);
  t.same(found("services: {}\nname: [x]", { project: "shop" }), ["compose.yaml:2 stack-name"]);
  t.same(found("services: {}", { project: "Not_Good" }), [" stack-name"]);
  t.same(found({ "/compose.yaml": "services: {}" }, { files: ["/compose.yaml"] }), [" stack-name"]);
});

t.test("files are named from the project folder, those outside by their whole path", async (t) => {
  t.same(found({ "compose.yaml": "include: [/etc/x.yaml, sub/y.yaml]", "/etc/x.yaml": "a: [", "sub/y.yaml": "\na: [" }), [
    "/etc/x.yaml:1 compose-syntax",
    "sub/y.yaml:2 compose-syntax",
  ]);
});

t.test("nodeAt finds what is there and nothing else", async (t) => {
  const { root } = project("services: {a: {ports: ['1:1']}}");
  t.match(nodeAt(root, ["services", "a", "ports", 0]), { text: "1:1" });
  for (const path of [
    ["services", "b"],
    ["services", "a", "ports", 1],
    ["services", "a", "ports", "0"],
    ["services", "a", "ports", 0, "x"],
  ])
    t.equal(nodeAt(root, path), undefined);
});
