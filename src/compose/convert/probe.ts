/** Health commands that only ask a port: Phoenix can ask it at a hundredth of the cost, without starting a process in the container. */
import { splitShell } from "./command.ts";
import type { HealthTest } from "./health.ts";

/** The probe that asks what a health command asks, or undefined where that is not certain. */
export function recogniseProbe(test: HealthTest, service: string): string | undefined {
  const words = "words" in test ? test.words : wordsOfShell(test.shell);
  if (words === undefined) return undefined;
  const [program = "", ...rest] = words;
  const name = program.slice(program.lastIndexOf("/") + 1);
  if ((name === "sh" || name === "bash") && rest[0] === "-c" && rest.length === 2)
    return bySocket(rest[1] ?? "") ?? recogniseProbe({ shell: rest[1] ?? "" }, service);
  return Object.hasOwn(programs, name) ? programs[name]?.(rest, service) : bySocket("shell" in test ? test.shell : "");
}

/** A single command; what only turns its result into 0 or 1 is left out. */
function wordsOfShell(shell: string): readonly string[] | undefined {
  const single = shell
    .trim()
    .replace(/^exec\s+/u, "")
    .replace(/\s*\|\|\s*(?:exit(?:\s+1)?|false|kill\s[^|;&]*)\s*$/u, "")
    .replace(/\s*\|\s*grep\s+(?:-q\s+)?["']?PONG["']?\s*$/u, "")
    .replace(/(?:\s*(?:[12&]?>+\s*\/dev\/null|2>&1))+\s*$/u, "");
  return /[|&;<>`\n]|\$\(/u.test(single.replace(/'[^']*'|"[^"]*"/gu, (quoted) => quoted.replace(/[|&;<>]/gu, "_")))
    ? undefined
    : splitShell(single);
}

type Recognise = (words: readonly string[], service: string) => string | undefined;

const programs: Readonly<Record<string, Recognise>> = {
  curl: (words, service) => {
    const read = readOptions(words, curlOptions);
    const isStrict = words.some((word) => word === "--fail" || word === "--fail-with-body" || /^-[a-zA-Z]*f/u.test(word));
    return read === undefined ? undefined : byUrl(read.rest, service, isStrict);
  },
  wget: (words, service) => {
    const read = readOptions(words, wgetOptions);
    return read === undefined ? undefined : byUrl(read.rest, service, true);
  },
  nc: (words, service) => byNetcat(words, service),
  ncat: (words, service) => byNetcat(words, service),
  netcat: (words, service) => byNetcat(words, service),
  pg_isready: (words, service) =>
    byServer("postgres", 5432, readOptions(words, postgresOptions), ["-h", "--host"], ["-p", "--port"], service),
  "redis-cli": (words, service) => byRedis(words, service),
  "valkey-cli": (words, service) => byRedis(words, service),
};

/** Options that change nothing about what is asked; true: the next word belongs to it. */
type Options = Readonly<Record<string, boolean>>;

const curlOptions: Options = {
  ...{ "-f": false, "--fail": false, "--fail-with-body": false, "-s": false, "--silent": false, "-S": false, "--show-error": false },
  ...{ "-L": false, "--location": false, "-o": true, "--output": true, "-m": true, "--max-time": true, "--connect-timeout": true },
  ...{
    "--retry": true,
    "--retry-delay": true,
    "--retry-connrefused": false,
    "-4": false,
    "--no-progress-meter": false,
    "-v": false,
    "-k": false,
    "--insecure": false,
  },
};
const wgetOptions: Options = {
  ...{ "-q": false, "--quiet": false, "--spider": false, "-nv": false, "--no-verbose": false, "-O": true, "--output-document": true },
  ...{
    "-T": true,
    "--timeout": true,
    "-t": true,
    "--tries": true,
    "-S": false,
    "--no-check-certificate": false,
    "-Y": true,
    "-qO-": false,
    "-O-": false,
    "-O/dev/null": false,
    "-qO": true,
  },
};
const postgresOptions: Options = {
  ...{ "-U": true, "--username": true, "-d": true, "--dbname": true, "-h": true, "--host": true, "-p": true, "--port": true },
  ...{ "-t": true, "--timeout": true, "-q": false, "--quiet": false },
};
const redisOptions: Options = {
  "-h": true,
  "-p": true,
  "-a": true,
  "--pass": true,
  "--user": true,
  "--no-auth-warning": false,
  "--raw": false,
};

type Read = { readonly rest: readonly string[]; readonly given: ReadonlyMap<string, string> };

/** Undefined: an option that is not known, which may change everything. */
function readOptions(words: readonly string[], options: Options): Read | undefined {
  const rest: string[] = [];
  const given = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const [name = "", value] =
      word.startsWith("--") && word.includes("=") ? [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)] : [word];
    if (!word.startsWith("-")) rest.push(word);
    else if (Object.hasOwn(options, name)) {
      given.set(name, value ?? (options[name] === true ? (words[at + 1] ?? "") : ""));
      if (options[name] === true && value === undefined) at += 1;
    } else if (!isBundle(word, options)) {
      // -p5432: the value is part of the word.
      const short = word.slice(0, 2);
      if (word.startsWith("--") || options[short] !== true) return undefined;
      given.set(short, word.slice(2));
    }
  }
  return { rest, given };
}

/** `-fsS`: several switches in one word. */
function isBundle(word: string, options: Options): boolean {
  return /^-[A-Za-z0-9]{2,}$/u.test(word) && [...word.slice(1)].every((letter) => options[`-${letter}`] === false);
}

const own = /^(?:localhost|127\.0\.0\.1|0\.0\.0\.0|::1|\[::1?\])$/u;

function isSelf(host: string, service: string): boolean {
  return own.test(host) || host === service;
}

function byUrl(words: readonly string[], service: string, isStrict: boolean): string | undefined {
  const [url = "", ...more] = words;
  const [, scheme = "http", host = "", port, path = ""] =
    /^(?:(https?):\/\/)?(\[[\da-f:]+\]|[\w.-]+)(?::(\d{1,5}))?(\/[\x21-\x7e]*|\?[\x21-\x7e]*)?$/u.exec(url) ?? [];
  // A path with # or $ is not what arrives, and one with a variable is known only inside.
  if (more.length > 0 || host === "" || !isSelf(host, service) || /[#$]/u.test(path)) return undefined;
  const number = port ?? (scheme === "https" ? "443" : "80");
  // Without --fail any answer will do, which an http probe would be too strict for.
  return isStrict ? `${scheme}://:${number}${path.startsWith("?") ? `/${path}` : path || "/"}` : `tcp://:${number}`;
}

function byNetcat(words: readonly string[], service: string): string | undefined {
  const read = readOptions(words, { "-z": false, "-v": false, "-w": true, "-n": false });
  const [host = "", port = "", ...more] = read?.rest ?? [];
  const isAsked = read !== undefined && words.some((word) => /^-[a-z]*z/u.test(word));
  return isAsked && more.length === 0 && isSelf(host, service) && /^\d{1,5}$/u.test(port) ? `tcp://:${port}` : undefined;
}

function byServer(
  scheme: string,
  usual: number,
  read: Read | undefined,
  hostKeys: readonly string[],
  portKeys: readonly string[],
  service: string,
): string | undefined {
  if (read === undefined || read.rest.length > 0) return undefined;
  const get = (keys: readonly string[]): string | undefined => keys.map((key) => read.given.get(key)).find((value) => value !== undefined);
  const host = get(hostKeys) ?? "localhost";
  const port = get(portKeys) ?? String(usual);
  const isLocal = isSelf(host, service) || host.startsWith("/");
  return isLocal && /^\d{1,5}$/u.test(port) ? `${scheme}://:${port}` : undefined;
}

function byRedis(words: readonly string[], service: string): string | undefined {
  const read = readOptions(words, redisOptions);
  if (read === undefined || read.rest.length !== 1 || read.rest[0]?.toLowerCase() !== "ping") return undefined;
  return byServer("redis", 6379, { ...read, rest: [] }, ["-h"], ["-p"], service);
}

/** `: > /dev/tcp/localhost/8080`, in the ways people write it. */
function bySocket(shell: string): string | undefined {
  const simple = shell.trim().replace(/\s*\|\|\s*exit(?:\s+1)?\s*$/u, "");
  const [, inner] = /^(?:ba)?sh -c ['"]([^'"]*)['"]$/u.exec(simple) ?? [];
  const [, port] =
    /^(?:(?::|true|echo|echo ['"]{2}|exec \d*)\s*)?[<>]{1,2}\s*\/dev\/tcp\/(?:localhost|127\.0\.0\.1)\/(\d{1,5})$/u.exec(
      (inner ?? simple).trim(),
    ) ?? [];
  return port === undefined ? undefined : `tcp://:${port}`;
}
