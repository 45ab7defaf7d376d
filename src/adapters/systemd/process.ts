import { readFile } from "node:fs/promises";
import { basename } from "node:path";

const longest = 120;

/** A process's command line as a person would have typed it: without the interpreter, one line, cut. */
export async function commandOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  const argv = text.split("\0").filter((word) => word !== "");
  const script = basename(argv[0] ?? "").startsWith("node") ? argv.findIndex((word, index) => index > 0 && !word.startsWith("-")) : 0;
  const [program = "", ...rest] = argv.slice(Math.max(0, script));
  // Somebody else's argv may hold anything, also what a terminal would obey.
  const line = [basename(program), ...rest].join(" ").replaceAll(/\p{Cc}+/gu, " ");
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
