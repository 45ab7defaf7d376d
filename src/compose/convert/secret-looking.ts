/** Whether a value looks like one that nobody else should read. */
const secretWords: ReadonlySet<string> = new Set([
  ...["PASSWORD", "PASSWORDS", "PASSWD", "PASS", "PASSPHRASE", "PWD", "TOKEN", "TOKENS", "SECRET", "SECRETS"],
  ...["KEY", "KEYS", "APIKEY", "CREDENTIAL", "CREDENTIALS"],
]);

/** Names that speak of a secret without being one. */
const harmlessEnd = /_(?:FILE|PATH|DIR|URL|URI|HOST|PORT|NAME|ID|LENGTH|EXPIRY|EXPIRATION|TTL|LIFETIME|ALGORITHM|TYPE|ENABLED)$/u;
/** Switches and small numbers are no secrets; one of length 0 hides nothing. */
const harmlessValue = /^(?:|true|false|yes|no|on|off|\d{1,4})$/iu;

export function looksSecret(name: string, value: string): boolean {
  if (harmlessValue.test(value)) return false;
  return isSecretName(name) || holdsPassword(value);
}

export function isSecretName(name: string): boolean {
  // API_TOKEN, ApiToken and api-token all say the same words.
  const words = name
    .replace(/([a-z\d])([A-Z])/gu, "$1_$2")
    .toUpperCase()
    .split(/[^A-Z\d]+/u);
  if (harmlessEnd.test(words.join("_"))) return false;
  return words.some((word) => secretWords.has(word) || /(?:PASSWORD|PASSWD|SECRET|APIKEY)$/u.test(word));
}

/** `postgres://user:password@host/` */
export function holdsPassword(value: string): boolean {
  return /:\/\/[^\s:@/]*:[^\s@/]+@/u.test(value) || /-----BEGIN [A-Z ]*PRIVATE KEY-----/u.test(value);
}

/** A text file that sets something whose name is a secret's. */
export function textLooksSecret(text: string): boolean {
  if (holdsPassword(text)) return true;
  return [...text.matchAll(/^[\s"'-]*([A-Za-z][\w.-]*)["']?\s*[:=]\s*["']?([^\s"']+)/gmu)].some(([, name = "", value = ""]) =>
    looksSecret(name, value),
  );
}
