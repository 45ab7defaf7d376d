import { readFileSync } from "node:fs";

/** What the container was told, checked once. */
export type Config = {
  readonly port: number;
  /** What writing requests must carry, and what the calls to the other services carry. */
  readonly token: string;
  readonly database: {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
    readonly password: string;
  };
};

/** Reads the environment and the mounted secrets. A secret never stands in the environment itself. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  return {
    port: portOf(env, "PORT"),
    token: secretOf(env, "TOKEN_FILE"),
    database: {
      host: textOf(env, "DB_HOST"),
      port: portOf(env, "DB_PORT"),
      database: textOf(env, "DB_NAME"),
      user: textOf(env, "DB_USER"),
      password: secretOf(env, "DB_PASSWORD_FILE"),
    },
  };
}

function textOf(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value === undefined || value === "") throw new Error(`Cannot start: ${name} is not set.`);
  return value;
}

function portOf(env: NodeJS.ProcessEnv, name: string): number {
  const text = textOf(env, name);
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`Cannot start: ${name} is '${text}', not a port.`);
  return port;
}

/** An empty token would let everybody in, so an empty file is as bad as none. */
function secretOf(env: NodeJS.ProcessEnv, name: string): string {
  const path = textOf(env, name);
  let secret: string;
  try {
    secret = readFileSync(path, "utf8").trimEnd();
  } catch (error) {
    throw new Error(`Cannot start: ${name} names '${path}', which cannot be read: ${(error as NodeJS.ErrnoException).code ?? "failed"}.`);
  }
  if (secret === "") throw new Error(`Cannot start: ${name} names '${path}', which is empty.`);
  return secret;
}
