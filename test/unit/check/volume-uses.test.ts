import t from "tap";
import { isPlain, prunable, trialLabel, usesOf } from "../../../src/check/volume-uses.ts";
import { stackLabel } from "../../../src/domain/generation.ts";
import type { VolumeDetail } from "../../../src/domain/observed.ts";
import { generationOf, unitOf } from "../../support/given.ts";

const maker = unitOf("data.volume", { object: "data", text: "[Volume]\n" });
const web = unitOf("web.container", { volumes: ["data"] });
const plain = unitOf("web.container");

const stack = {
  stack: "demo",
  current: generationOf(2, [web, maker]),
  kept: [generationOf(1, [web]), generationOf(2, [web, maker])],
  damaged: [],
};
const volume = (name: string, labels: Readonly<Record<string, string>> = { [stackLabel]: "demo" }): VolumeDetail => ({
  ...{ name, driver: "local", options: {}, createdAt: "", mountPath: `/v/${name}`, root: undefined },
  labels,
});

t.test("a volume's users are the services that mount it, the unit that makes it, and the generations that name it", async (t) => {
  t.same(usesOf("data", [stack]), [{ stack: "demo", services: ["web.service"], maker: "data-volume.service", generations: [1, 2] }]);
  t.same(usesOf("other", [stack]), []);
});

t.test("one that only an older generation names is still used: a rollback would need it", async (t) => {
  const now = { ...stack, current: generationOf(3, [plain]), kept: [...stack.kept, generationOf(3, [plain])] };
  t.same(usesOf("data", [now]), [{ stack: "demo", services: [], maker: undefined, generations: [1, 2] }]);
  t.same(prunable([volume("data")], [now]), []);
});

t.test("prunable is what Phoenix made and no generation of any stack names, and nothing else", async (t) => {
  const names = prunable(
    [
      volume("data"),
      volume("old"),
      volume("mine", {}),
      volume("gone", { [stackLabel]: "purged" }),
      volume("trial", { [trialLabel]: "data" }),
    ],
    [stack],
  ).map(({ name }) => name);
  t.same(names, ["old", "gone", "trial"]);
  const other = {
    stack: "other",
    current: generationOf(1, []),
    kept: [generationOf(1, [unitOf("x.container", { volumes: ["old"] })])],
    damaged: [],
  };
  t.same(prunable([volume("old")], [stack, other]), [], "another stack names it");
});

t.test("while one generation cannot be read, nothing is prunable: it may name any volume", async (t) => {
  t.same(prunable([volume("old")], [{ ...stack, damaged: [7] }]), []);
});

t.test("the data of a plain volume is a folder that Podman keeps; any other is mounted from elsewhere", async (t) => {
  const local = (options: Readonly<Record<string, string>>): boolean => isPlain({ driver: "local", options });
  for (const options of [{}, { o: "uid=1000,gid=1000", UID: "1000", GID: "1000" }, { o: "uid=5" }])
    t.ok(local(options), JSON.stringify(options));
  for (const options of [
    { type: "tmpfs", device: "tmpfs" },
    { type: "none", o: "bind", device: "/srv/data" },
    { o: "size=10M", SIZE: "10000000" },
    { o: "uid=1000,bind" },
  ]) {
    t.notOk(local(options), JSON.stringify(options));
  }
  t.notOk(isPlain({ driver: "image", options: {} }));
});
