/**
 * Every folder of test/compose-cases whose name begins with `compose-`, but for those about reading alone: its compose.yaml is read and
 * converted, and `expect.txt` holds every word that a person is told, and every unit. A new case needs no code: with
 * PHOENIX_WRITE_CASES=1 this test writes the `expect.txt` that are missing, for you to read and judge. Podman's own generator has to
 * take what was converted, and to make of it what was meant.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { Conversion } from "../../../src/compose/convert.ts";
import { errors, type Issue, showPlace } from "../../../src/domain/errors.ts";
import { missingArguments, objectNames } from "../../../src/quadlet/expected.ts";
import { parseUnitFileName } from "../../../src/quadlet/names.ts";
import { serialiseDocument } from "../../../src/quadlet/serialise.ts";
import { validateDocument } from "../../../src/quadlet/validate.ts";
import { readPolicy } from "../../../src/stack/policy.ts";
import { generate } from "../../support/generator.ts";
import { convertFolder } from "./converted.ts";

const casesPath = join(import.meta.dirname, "../../compose-cases");
const names = readdirSync(casesPath).filter((name) => name.startsWith("compose-") && !name.startsWith("compose-read-"));

for (const name of names) {
  t.test(name.replaceAll("-", " "), async (t) => {
    const folder = join(casesPath, name);
    const settings = existsSync(join(folder, "case.json")) ? JSON.parse(readFileSync(join(folder, "case.json"), "utf8")) : {};
    const converted = convertFolder(folder, settings);
    const got = showConversion(converted).replaceAll(folder, "/home/me/shop").replaceAll(casesPath, "/home/me");
    const path = join(folder, "expect.txt");
    if (process.env["PHOENIX_WRITE_CASES"] === "1" && !existsSync(path)) writeFileSync(path, got);
    t.equal(got, readFileSync(path, "utf8"));
    if (!converted.issues.some(({ severity }) => severity === "error")) await generates(t, converted);
  });
}

async function generates(t: Test, { units }: Conversion): Promise<void> {
  const texts = new Map(units.map((unit) => [unit.file, serialiseDocument(unit)]));
  const { services, complaints, exitCode, folder } = await generate(texts);
  t.same(complaints, []);
  t.equal(exitCode, 0);
  const objects = objectNames(new Map(units.map((unit) => [unit.file, unit])));
  for (const unit of units) {
    const { type, service } = parseUnitFileName(unit.file) ?? { type: "container", service: "" };
    const issues = [...validateDocument(unit, { type, podmanVersion: "5.4.2" }), ...readPolicy(unit, type).issues];
    t.same(
      issues.filter(({ severity }) => severity === "error"),
      [],
    );
    t.same(missingArguments(unit, type, services.get(service) ?? "", { objects, folder }), [], unit.file);
  }
}

function showConversion({ units, files, secrets, folders, privateUnits, report, issues }: Conversion): string {
  const found = issues.map(showIssue);
  const told = report.map(
    ({ verdict, key, place, message, remedy }) => `${verdict} ${showPlace(place)} ${key}\n  ${message}\n  ${remedy}\n`,
  );
  const made = [
    ...secrets.map(({ name, value }) => `secret ${name}: ${value.kind}`),
    ...folders.map(({ path }) => `folder ${path}`),
    ...[...privateUnits].map((file) => `private ${file}`),
  ];
  const texts = [
    ...files.map(({ path, text, mode }) => `== ${path} ${mode.toString(8)}\n${text}`),
    ...units.map((unit) => `== ${unit.file}\n${serialiseDocument(unit)}`),
  ];
  return `${[...found, ...told, ...made].join("\n")}\n\n${texts.join("\n")}`.replace(/^\n+/u, "");
}

function showIssue({ severity, code, message, place, remedy }: Issue): string {
  return `${severity} ${code} ${showPlace(place)}\n  ${message}\n  ${remedy ?? errors[code].remedy}\n`;
}
