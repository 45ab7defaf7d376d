import { equal, throws } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../src/config.ts";

test("the password comes from the mounted file, without its last newline", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "rubik-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "secret"), "s3cret\n");
  const env = { PORT: "3000", DB_HOST: "db", DB_PORT: "5432", DB_NAME: "n", DB_USER: "u", DB_PASSWORD_FILE: join(folder, "secret") };
  equal(readConfig(env).database.password, "s3cret");
  throws(() => readConfig({ ...env, PORT: "http" }), /PORT is 'http', not a port/);
  throws(() => readConfig({ ...env, DB_HOST: "" }), /DB_HOST is not set/);
});
