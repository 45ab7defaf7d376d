import { runCli } from "./cli/program.ts";
import { type CommandLine, commandLine } from "./main/cli.ts";

/** One bundle, three entries: the command line, the agent, the prober. Each loads only what it needs. */
const argv = process.argv.slice(2);

// `phoenix history | head` closes the pipe early: that is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const line: CommandLine = commandLine();
process.exitCode = await runCli(argv, line.context);
await line.close();
