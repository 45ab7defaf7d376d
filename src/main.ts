/** One bundle, three entries: the command line, the agent, the prober. Each loads only what it needs. */
const argv = process.argv.slice(2);

// `phoenix history | head` closes the pipe early: that is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

if (argv.length === 1 && argv[0] === "prober") {
  // Past the command line, which would cost it 2 MB all day.
  process.exitCode = await (await import("./main/prober.ts")).runProberProcess();
} else {
  const [{ runCli }, { commandLine }] = await Promise.all([import("./cli/program.ts"), import("./main/cli.ts")]);
  const line = commandLine();
  process.exitCode = await runCli(argv, line.context);
  await line.close();
}

export {};
