import { equal, throws } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../src/config.ts";

test("secrets come from mounted files, without their last newline, and none may be missing or empty", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "rubik-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [password, token, empty] = ["password", "token", "empty"].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(password, "s3cret\n");
  writeFileSync(token, "t0ken");
  writeFileSync(empty, "\n");
  const files = { DB_PASSWORD_FILE: password, TOKEN_FILE: token };
  const env = { PORT: "3000", DB_HOST: "db", DB_PORT: "5432", DB_NAME: "n", DB_USER: "u", ...files };
  equal(readConfig(env).database.password, "s3cret");
  equal(readConfig(env).token, "t0ken");
  throws(() => readConfig({ ...env, PORT: "http" }), /^Error: Cannot start: PORT is 'http', not a port\.$/);
  throws(() => readConfig({ ...env, DB_HOST: "" }), /^Error: Cannot start: DB_HOST is not set\.$/);
  throws(() => readConfig({ ...env, TOKEN_FILE: empty }), /TOKEN_FILE names '.*', which is empty\.$/);
  throws(() => readConfig({ ...env, TOKEN_FILE: join(folder, "none") }), /TOKEN_FILE names '.*', which cannot be read: ENOENT\.$/);
});
