import { emptyDatabase } from "./support/real-database.ts";
import { measureThroughput } from "./support/throughput.ts";

// `npm run bench [tasks]`: the figures of this machine, and what this process needs for it.
const database = await emptyDatabase();
const { tasks, queuedPerSecond, donePerSecond } = await measureThroughput(database, Number(process.argv[2] ?? 5_000));
await database.close();
const { user, system } = process.cpuUsage();
console.log(`${tasks} tasks over HTTP, each in a transaction of its own:`);
console.log(`  queued            ${queuedPerSecond.toFixed(0)} tasks/s`);
console.log(`  claimed and done  ${donePerSecond.toFixed(0)} tasks/s`);
console.log(
  `  CPU ${((user + system) / 1000 / tasks).toFixed(2)} ms a task and ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB (with clients and service)`,
);
