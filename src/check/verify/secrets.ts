import { parseDocument } from "../../quadlet/parse.ts";
import { valuesOf } from "../../stack/values.ts";
import { check, count, finding } from "./check.ts";

export const secretsCheck = check("secrets", "every secret that a unit names is there", ["observed"], ({ observed }) => {
  const uses = observed.current.units.flatMap((unit) => {
    const { document } = parseDocument(unit.text, unit.file);
    if (document === undefined || unit.type !== "container") return [];
    const named = valuesOf(document, unit.type, "Secret").map(({ value }) => value.split(",")[0] ?? "");
    return [...new Set(named)].filter((name) => name !== "").map((secret) => ({ unit, secret }));
  });
  return {
    seen: count(new Set(uses.map(({ secret }) => secret)).size, "secret"),
    findings: uses
      .filter(({ secret }) => !observed.secrets.includes(secret))
      .map(({ unit, secret }) => finding("secret-missing", unit, `The secret ${secret} is gone: ${unit.service} cannot start again.`)),
    unchecked: [],
  };
});
