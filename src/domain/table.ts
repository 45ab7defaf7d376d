/** The row of a table for a word from outside: `constructor` and the like, which every object answers to, have none. */
export function rowOf<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
