/**
 * Text from outside (file names, HTTP answers, Podman's words) made safe for a terminal: control characters could move the cursor or
 * hide a line, bidirectional ones could show a name backwards. Line breaks stay.
 */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{C}\n\t]/gu, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
}
