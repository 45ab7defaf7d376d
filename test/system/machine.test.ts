import t from "tap";
import { machine } from "../support/machine.ts";

const m = await machine(t);

t.test("the machine itself", async (t) => {
  const started = performance.now();
  await m.loadTestImage();
  t.comment(`image ${Math.round(performance.now() - started)} ms`);
  t.match(await m.stdout("id -un"), /^t\d+x/);
  const again = performance.now();
  await m.run(["true"]);
  t.comment(`run ${Math.round(performance.now() - again)} ms`);
  t.equal((await m.run(["sh", "-c", "exit 7"])).exitCode, 7);
  t.equal((await m.run(["sleep", "60"], { timeoutMs: 200 })).exitCode, 124);
});
