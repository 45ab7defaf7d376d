/** A request that is not taken: the HTTP status, one sentence that says what was found, and the field it was found in. */
export class Refusal extends Error {
  readonly status: number;
  readonly field: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    sentence: string,
    more: { readonly field?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(sentence);
    this.status = status;
    this.field = more.field;
    this.headers = more.headers ?? {};
  }
}

/** What was found, short enough for a sentence whatever somebody sent. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
