import { readFileSync } from "node:fs";

/** What the container was told, checked once. */
export type Config = {
  readonly port: number;
  readonly database: {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
    readonly password: string;
  };
};

/** Reads the environment and the mounted secret. A secret never stands in the environment itself. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  return {
    port: portOf(env, "PORT"),
    database: {
      host: textOf(env, "DB_HOST"),
      port: portOf(env, "DB_PORT"),
      database: textOf(env, "DB_NAME"),
      user: textOf(env, "DB_USER"),
      password: readFileSync(textOf(env, "DB_PASSWORD_FILE"), "utf8").trimEnd(),
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
