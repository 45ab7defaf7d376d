import type { Readable } from "node:stream";

const longestLine = 4_096;

/** Tells every line of a stream as it comes. A carriage return ends one too (progress bars); a longer line is cut. */
export function eachLine(stream: Readable | null | undefined, tell: (line: string) => void): void {
  if (stream === null || stream === undefined) return;
  const decoder = new TextDecoder();
  let rest = "";
  const say = (line: string): void => {
    if (line !== "") tell(line.slice(0, longestLine));
  };
  stream.on("data", (chunk: Uint8Array) => {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split(/[\r\n]+/u);
    rest = parts.pop() ?? "";
    // Without this a line that never ends would be kept whole.
    if (rest.length > longestLine) rest = rest.slice(0, longestLine);
    for (const line of parts) say(line);
  });
  stream.on("end", () => say(rest));
}

/** The last line that says something. */
export function lastLine(text: string): string | undefined {
  return (
    text
      .trimEnd()
      .split(/[\r\n]+/u)
      .at(-1)
      ?.trim() || undefined
  );
}
