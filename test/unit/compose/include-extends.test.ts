import t from "tap";
import { folder, found, project, read, told, valueAt } from "./given.ts";

t.test("include: resources of other files, paths counted from the project folder", async (t) => {
  const shop = project({
    "compose.yaml": "include: [lib/db/compose.yaml]\nservices: {web: {image: w, depends_on: [db]}}\n",
    "lib/db/compose.yaml": `name: other
services:
  db:
    image: $IMAGE
    build: {context: ., additional_contexts: {a: ../a, b: docker-image://b}, dockerfile: Dockerfile}
    volumes: ['./data:/d', 'named:/n', '/abs:/a', '~/h:/h', '../up:/u', {type: bind, source: deep/x, target: /x}, {type: volume, source: named, target: /v}]
    env_file: [db.env, {path: ../b.env}]
volumes: {named: {driver_opts: {type: none, o: bind, device: ./dev}}}
secrets: {s: {file: s.txt}}
configs: {c: {file: /etc/c}}
`,
    "lib/db/.env": "IMAGE=postgres\n",
    "lib/db/db.env": "",
    "lib/b.env": "",
  });
  t.same(valueAt(shop, "services", "db"), {
    image: "postgres",
    build: { context: "./lib/db", additional_contexts: { a: "./lib/a", b: "docker-image://b" }, dockerfile: "Dockerfile" },
    volumes: [
      "./lib/db/data:/d",
      "named:/n",
      "/abs:/a",
      "~/h:/h",
      "./lib/up:/u",
      { type: "bind", source: "./lib/db/deep/x", target: "/x" },
      { type: "volume", source: "named", target: "/v" },
    ],
    env_file: ["./lib/db/db.env", { path: "./lib/b.env" }],
  });
  t.same(valueAt(shop, "volumes", "named", "driver_opts", "device"), "./lib/db/dev");
  t.same(valueAt(shop, "secrets", "s", "file"), "./lib/db/s.txt");
  t.same(valueAt(shop, "configs", "c", "file"), "/etc/c");
  t.same([...shop.envFiles.keys()], ["/srv/shop/lib/db/db.env", "/srv/shop/lib/b.env"]);
  t.same(shop.files, ["/srv/shop/compose.yaml", "/srv/shop/lib/db/compose.yaml"]);
  t.equal(shop.name, "shop");
  t.equal(valueAt(shop, "include"), undefined);
});

t.test("include: path lists, project_directory, env_file, and the project's own variables first", async (t) => {
  const files = {
    "compose.yaml":
      "include:\n  - path: [lib/a.yaml, over.yaml]\n    project_directory: other\n    env_file: lib/my.env\nservices: {web: {image: w}}\n",
    "lib/a.yaml": "services: {a: {image: '$X $Y', build: ./c}}",
    "over.yaml": "services: {a: {user: $X}}",
    "lib/my.env": "X=1\nY=2\n",
    ".env": "Y=own\n",
  };
  t.same(valueAt(project(files), "services", "a"), { image: "1 own", build: "./other/c", user: "1" });
  const none = { ...files, "compose.yaml": files["compose.yaml"].replace("lib/my.env", "/dev/null"), "other/.env": "X=no\n" };
  t.same(valueAt(project(none), "services", "a", "user"), "");
});

t.test("include: what the file says itself comes on top, and a later -f file on top of all", async (t) => {
  const shop = project(
    {
      "compose.yaml": "include: [a.yaml]\nservices: {a: {user: me, ports: !override ['2:2']}}\n",
      "a.yaml": "services: {a: {image: i, user: x, ports: ['1:1']}}\n",
      "over.yaml": "services: {a: {image: j}}\n",
    },
    { files: [`${folder}/compose.yaml`, `${folder}/over.yaml`] },
  );
  t.same(valueAt(shop, "services", "a"), { image: "j", user: "me", ports: ["2:2"] });
});

t.test("include: one file twice is one; two that differ are merged with a warning", async (t) => {
  const twice = project({
    "compose.yaml": "include: [a.yaml, b.yaml]\n",
    "a.yaml": "include: [c.yaml]\n",
    "b.yaml": "include: [c.yaml]\n",
    "c.yaml": "services: {c: {image: i, security_opt: [x]}}\n",
  });
  t.same(valueAt(twice, "services", "c", "security_opt"), ["x"]);
  const two = {
    "compose.yaml": "include: [a.yaml, b.yaml]\n",
    "a.yaml": "services: {c: {image: a}}\n",
    "b.yaml": "services: {c: {image: b}}\n",
  };
  t.same(told(read(two).issues), [
    "b.yaml:1 warning compose-merge: services.c stands in another included file too (a.yaml:1): both are merged.",
  ]);
});

t.test("include: what cannot be followed", async (t) => {
  t.same(found("include: [gone.yaml]\n"), ["compose.yaml:1 compose-missing"]);
  t.same(found("include:\n  - https://example.com/x.git\n"), ["compose.yaml:2 compose-missing"]);
  t.same(found("include:\n  - oci://example.com/x\n"), ["compose.yaml:2 compose-missing"]);
  t.same(found("include:\n  - {env_file: x}\n"), ["compose.yaml:2 compose-missing"]);
  t.same(found("include: a.yaml\n"), ["compose.yaml:1 compose-syntax"]);
  t.same(found({ "compose.yaml": "include:\n  - {path: a.yaml, env_file: gone.env}\n", "a.yaml": "services: {}" }), [
    "compose.yaml:2 compose-missing",
  ]);
  t.same(told(read({ "compose.yaml": "include: [b.yaml]", "b.yaml": "\ninclude: [./compose.yaml]" }).issues), [
    "b.yaml:2 error compose-cycle: The files include one another: compose.yaml includes b.yaml includes compose.yaml.",
  ]);
});

t.test("extends: of the same file, in chains, all keys inherited, with the rules of a merge", async (t) => {
  const shop = project(`services:
  last: {extends: {service: middle}, environment: [C=3], ports: !reset [], command: [z]}
  middle: {extends: first, environment: {B: 2}, labels: [x=1]}
  first: {image: i, environment: [A=1, B=1], ports: ['1:1'], command: [a], depends_on: [db], volumes: ['./v:/v']}
  db: {image: d}
`);
  t.same(valueAt(shop, "services", "last"), {
    image: "i",
    environment: { A: "1", B: 2, C: "3" },
    command: ["z"],
    depends_on: ["db"],
    volumes: ["./v:/v"],
    labels: ["x=1"],
  });
});

t.test("extends: of other files, whose paths count from where they lie", async (t) => {
  const shop = project({
    "compose.yaml": "services: {web: {extends: {file: lib/base.yaml, service: web}, build: {target: t}}}\n",
    "lib/base.yaml": "services: {web: {extends: {file: ../top/c.yaml, service: base}, build: ., env_file: ./a.env}}\n",
    "top/c.yaml": "services: {base: {image: $TAG, volumes: ['./v:/v'], label_file: l}}\n",
    ".env": "TAG=1\n",
    "lib/a.env": "",
    "top/l": "",
  });
  t.same(valueAt(shop, "services", "web"), {
    image: "1",
    volumes: ["./top/v:/v"],
    label_file: "./top/l",
    build: { context: "./lib", target: "t" },
    env_file: "./lib/a.env",
  });
  t.same(shop.files, ["/srv/shop/compose.yaml", "/srv/shop/lib/base.yaml", "/srv/shop/top/c.yaml"]);
});

t.test("extends: an included service; a tag counts for the earlier file too", async (t) => {
  const shop = project(
    {
      "compose.yaml": "include: [a.yaml]\nservices: {web: {image: w, ports: ['9:9']}}\n",
      "a.yaml": "services: {base: {image: b, ports: ['1:1']}}\n",
      "over.yaml": "services: {base: {ports: ['3:3']}, web: {extends: base, ports: !override ['2:2']}}\n",
    },
    { files: [`${folder}/compose.yaml`, `${folder}/over.yaml`] },
  );
  t.same(valueAt(shop, "services", "web"), { image: "w", ports: ["2:2"] });
  t.same(
    valueAt(
      project({ "compose.yaml": "include: [a.yaml]\nservices: {w: {extends: base}}\n", "a.yaml": "services: {base: {image: b}}\n" }),
      "services",
      "w",
    ),
    {
      image: "b",
    },
  );
});

t.test("extends: what cannot be followed", async (t) => {
  t.same(found("services:\n  a: {extends: b}\n"), ["compose.yaml:2 compose-missing"]);
  t.same(found("services:\n  a: {extends: {file: gone.yaml, service: b}}\n"), ["compose.yaml:2 compose-missing"]);
  t.same(found({ "compose.yaml": "services:\n  a: {extends: {file: b.yaml, service: b}}\n", "b.yaml": "services: {}" }), [
    "compose.yaml:2 compose-missing",
  ]);
  t.same(found("services:\n  a: {extends: {file: b.yaml}}\n"), ["compose.yaml:2 compose-missing"]);
  t.same(told(read("services:\n  a: {extends: b}\n  b: {extends: a}\n").issues), [
    "compose.yaml:2 error compose-cycle: The services extend one another: a in compose.yaml extends b in compose.yaml extends a in compose.yaml.",
  ]);
  t.same(
    found({
      "compose.yaml": "services: {a: {extends: {file: b.yaml, service: a}}}",
      "b.yaml": "services: {a: {extends: {file: compose.yaml, service: a}}}",
    }),
    ["compose.yaml:1 compose-cycle"],
  );
});
