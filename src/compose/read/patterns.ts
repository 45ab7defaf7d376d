/** A table of key paths, where `*` stands for any name or any item of a list, made fit to walk along with a tree. */
export type Pattern<T> = { value?: T; readonly children: Map<string, Pattern<T>> };

export function compilePatterns<T>(table: Readonly<Record<string, T>>): Pattern<T> {
  const root: Pattern<T> = { children: new Map() };
  for (const [path, value] of Object.entries(table)) {
    let at = root;
    for (const step of path.split(".")) {
      const next: Pattern<T> = at.children.get(step) ?? { children: new Map() };
      at.children.set(step, next);
      at = next;
    }
    at.value = value;
  }
  return root;
}

export function patternBelow<T>(pattern: Pattern<T> | undefined, key: string): Pattern<T> | undefined {
  return pattern?.children.get(key) ?? pattern?.children.get("*");
}
