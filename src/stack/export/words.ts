/** Values of a unit as Compose writes them. */

/** systemd's specifiers that a Compose file can name: as variables of whoever runs it. */
const specifiers: Readonly<Record<string, string>> = { "%%": "%", "%h": "${HOME}", "%t": "${XDG_RUNTIME_DIR}", "%u": "${USER}" };

/** Both programs double a literal `$` and put a variable in its place otherwise; specifiers are systemd's alone. */
export function composeWord(raw: string): string {
  return raw.replace(/%./gu, (one) => specifiers[one] ?? one);
}

/** The specifiers for which Compose has nothing. */
export function foreignSpecifiers(raw: string): readonly string[] {
  return (raw.match(/%./gu) ?? []).filter((one) => !Object.hasOwn(specifiers, one));
}

/** `NAME=value` items as a map. */
export function composeMap(items: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    items.map((item) => {
      const [name = "", ...rest] = item.split("=");
      return [name, rest.join("=")];
    }),
  );
}

/** The words of a list that is a JSON array, as `HealthCmd=` and `Entrypoint=` may be. */
export function jsonWords(text: string): readonly string[] | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return Array.isArray(found) && found.every((word) => typeof word === "string") ? found : undefined;
  } catch {
    return undefined;
  }
}
