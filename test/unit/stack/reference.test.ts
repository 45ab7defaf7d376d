import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { loadStack } from "../../../src/stack/load.ts";
import { type PolicyKey, policyKeys, policySchema } from "../../../src/stack/policy-keys.ts";
import { parseProbe } from "../../../src/stack/probe.ts";
import { folderOf } from "../../support/folder.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/reference/x-phoenix.md"), "utf8");
const image = "[Container]\nImage=docker.io/library/nginx:1.27\n";

t.test("docs/reference/x-phoenix.md lists the keys of the schema, and no other", (t) => {
  const rows = page.split("\n").filter((line) => line.startsWith("| `") && line.includes("=` |"));
  t.same(
    rows,
    Object.entries(policyKeys).map(
      ([key, { meaning, example, fallback }]) => `| \`${key}=\` | ${meaning} | \`${example}\` | ${fallback} |`,
    ),
  );
  t.same(Object.keys(policyKeys), Object.keys(policySchema.shape));
  t.end();
});

t.test("every example of docs/reference/x-phoenix.md is allowed", (t) => {
  for (const [key, { example }] of Object.entries(policyKeys))
    t.ok(policySchema.safeParse({ [key]: example }).success, `${key}=${example}`);
  const probes = [...page.matchAll(/^\| `([a-z]+:[^`]*)` \|/gmu)].map((match) => match[1] ?? "");
  t.ok(probes.length >= 8);
  for (const probe of probes) t.ok("probe" in parseProbe(probe), probe);
  const blocks = [...page.matchAll(/(?:^ {4}.*\n)+/gmu)].map((match) => match[0].replace(/^ {4}/gmu, ""));
  t.ok(blocks.length > 0);
  for (const block of blocks) {
    t.same(loadStack({ folder: folderOf({ "web.container": `${image}\n${block}` }), podmanVersion: "5.4.2" }).issues, []);
  }
  t.end();
});

t.test("the defaults that docs/reference/x-phoenix.md states as values are the ones that hold", (t) => {
  const policyOf = (lines: string): unknown =>
    loadStack({ folder: folderOf({ "web.container": `${image}\n[X-Phoenix]\n${lines}` }), podmanVersion: "5.4.2" }).stack?.units[0]?.policy;
  const stated = (Object.keys(policyKeys) as PolicyKey[]).filter((key) => policyKeys[key].fallback === policyKeys[key].example);
  t.ok(stated.length >= 9);
  t.same(policyOf(stated.map((key) => `${key}=${policyKeys[key].fallback}\n`).join("")), policyOf(""));
  t.end();
});
