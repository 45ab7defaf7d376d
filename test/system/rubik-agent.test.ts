import t from "tap";
import { makeBaseImages } from "../../src/sandbox/base-images.ts";
import { machine } from "../support/machine.ts";

// The queue's promises (nothing lost, no ending recorded twice, 200 tasks a second) against the stack's own database and migrations.

t.test("rubik-agent's queue keeps its promises on the stack's database", { timeout: 540_000 }, async (t) => {
  const m = await machine(t);
  await makeBaseImages({
    name: m.sandbox,
    user: m.user,
    references: ["docker.io/library/debian:trixie-slim", "docker.io/library/node:22-alpine"],
  });
  const result = await m.shell("unset NODE_OPTIONS; /opt/phoenix/services/rubik-agent/test/with-database.sh 2>&1", { timeoutMs: 500_000 });
  t.equal(result.exitCode, 0, result.stdout.slice(-4_000));
  const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, "m").exec(result.stdout)?.[1] ?? Number.NaN);
  t.ok(count("pass") >= 30, `${count("pass")} tests passed`);
  t.equal(count("fail") + count("skipped") + count("todo") + count("cancelled"), 0);
  for (const line of result.stdout.split("\n").filter((one) => /^# \d+ tasks/.test(one))) t.comment(line.slice(2));
});
