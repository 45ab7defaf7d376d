import { styleText } from "node:util";
import type { Entry, Priority } from "./entry.ts";
import { cut } from "./native.ts";

const longestLine = 8 * 1024;

/** For a stdout that journald reads: it takes `<N>` as the priority. One entry, one line. */
export function prefixedLine({ priority, message }: Entry): string {
  return `<${priority}>${cut(message, longestLine).replaceAll(/\p{Cc}+/gu, " ")}\n`;
}

type Style = { readonly label: string; readonly colour: Parameters<typeof styleText>[0] | undefined };

const styles: Readonly<Record<Priority, Style>> = {
  3: { label: "error: ", colour: "red" },
  4: { label: "warning: ", colour: "yellow" },
  5: { label: "", colour: undefined },
  6: { label: "", colour: undefined },
  7: { label: "", colour: "dim" },
};

/** For a person. What others wrote into a message (a container's name, a probe's answer) must not steer the terminal. */
export function humanLine({ priority, message }: Entry, coloured: boolean): string {
  const { label, colour } = styles[priority];
  const text = `${label}${message.replaceAll(/[^\P{Cc}\n\t]/gu, "�")}`;
  return `${coloured && colour !== undefined ? styleText(colour, text, { validateStream: false }) : text}\n`;
}
