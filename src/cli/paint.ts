import { styleText } from "node:util";

type Color = "red" | "green" | "yellow" | "cyan" | "gray" | "bold";

/** Colour where the terminal wants it. */
export function paint(context: { readonly color: boolean }, color: Color, text: string): string {
  return context.color ? styleText(color, text) : text;
}
