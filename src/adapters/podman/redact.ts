const carriers = /^(?:-e|--env|--build-arg|--creds|--password)$/u;

/** Strikes out of a sentence what arguments carry as values (`--env A=value`), and passwords in addresses. */
export function redact(sentence: string, args: readonly string[]): string {
  const values = args.flatMap((word, index) => {
    const joined = /^(--[a-z-]+)=(.*)$/su.exec(word);
    const [flag, text] = joined === null ? [word, args[index + 1]] : [joined[1], joined[2]];
    if (flag === undefined || text === undefined || !carriers.test(flag)) return [];
    return [text.slice(text.indexOf("=") + 1)];
  });
  // A short value would strike out half of the sentence, and is no secret worth the name.
  const secrets = values.filter((value) => value.length >= 4).sort((a, b) => b.length - a.length);
  const struck = secrets.reduce((text, secret) => text.replaceAll(secret, "…"), sentence);
  return struck.replace(/(\/\/[^/\s:@]*):[^/\s@]+@/gu, "$1:…@");
}
