import * as fc from "fast-check";
import t from "tap";
import { lookupAll, sectionPairs, type UnitType } from "../../../src/quadlet/document.ts";
import { doubleSpecials, readValue, undoubleSpecials, writeValue } from "../../../src/quadlet/escape.ts";
import { expectedArguments, missingArguments, objectNames } from "../../../src/quadlet/expected.ts";
import { keyRow, keysOf } from "../../../src/quadlet/keys.ts";
import { unitTypes } from "../../../src/quadlet/names.ts";
import { parseDocument } from "../../../src/quadlet/parse.ts";
import { trickyStrings } from "./tricky-strings.ts";

const anyValue = fc.oneof(fc.constantFrom(...trickyStrings, "\u{FFFD}", "\u{80}"), fc.string({ unit: "binary" }), fc.string());

t.test("what is written is read back, for every key, or refused", async (t) => {
  const keys = unitTypes.flatMap((type) => keysOf(type).map((key) => ({ type, key })));
  await fc.assert(
    fc.property(fc.constantFrom(...keys), anyValue, ({ type, key }, value) => survives(type, key, value)),
    { numRuns: 3000 },
  );
  t.pass();
});

function survives(type: UnitType, key: string, value: string): boolean {
  const given = keyRow(type, key)?.parse === "keyval" ? `K=${value}` : value;
  const written = writeValue(type, key, given);
  if ("issue" in written) return true;
  const { document, issues } = parseDocument(`[X]\n${key}=${written.text}\nNext=1\n`, "a.container");
  const pairs = sectionPairs(document, "X");
  const read = readValue(type, key, lookupAll(document, "X", key));
  const isExact = "values" in read && read.values.length === 1 && undoubleSpecials(read.values[0] ?? "") === given;
  return issues.length === 0 && pairs.length === 2 && document.sections.length === 1 && isExact;
}

t.test("only what a raw key cannot carry is refused, and says what to use instead", async (t) => {
  const refused: readonly (readonly [string, string, RegExp])[] = [
    ["HealthCmd", "a\nb", /line break/],
    ["HealthCmd", " a", /space at its start or end/],
    ["HealthCmd", "a\\", /backslash at its end/],
    ["HealthCmd", 'sh -c "x"', /double quote .* 5\.8\.1/],
    ["HealthCmd", "", /empty/],
    ["Volume", "a\nPodmanArgs=--privileged", /another setting/],
    ["Exec", ";", /lone ;/],
    ["Exec", "a\0", /NUL/],
    ["AddCapability", "a\u{FFFD}", /U\+FFFD/],
    ["Environment", "K=\u{FFFD}", /U\+FFFD/],
    ["Environment", "bare", /NAME=value/],
    ["ReadOnly", "yes", /true or false/],
  ];
  for (const [key, value, message] of refused)
    t.match(writeValue("container", key, value), { issue: { code: "unit-escape", message } }, `${key} ${value}`);
  t.match(writeValue("container", "Nonsense", "x"), { issue: { code: "unit-key" } });
  t.match(writeValue("container", "Image", ["a", "b"]), { issue: { code: "unit-escape" } });
  t.same(writeValue("container", "Exec", ["sh", "-c", "echo $A; date +%s"]), { text: 'sh -c "echo $$A; date +%%s"' });
  t.same(writeValue("container", "HealthCmd", "pg_isready -U 'x' || exit 1"), { text: "pg_isready -U 'x' || exit 1" });
  t.equal(trickyStrings.filter((value) => "issue" in writeValue("container", "Environment", `K=${value}`)).length, 0);
});

t.test("what a user wrote keeps its specifiers and variables", async (t) => {
  t.same(readValue("container", "Environment", ["A=%h B=$$x", '"C=a b" D=\\x41']), { values: ["A=%h", "B=$$x", "C=a b", "D=A"] });
  t.same(readValue("container", "Image", ["a", '"b c"']), { values: ["b c"] });
  t.same(readValue("container", "Volume", ['"a":/b']), { values: ['"a":/b'] });
  t.same(readValue("container", "AddDevice", ["a\\b 'c d'"]), { values: ["a\\b", "c d"] });
  t.match(readValue("container", "Secret", ["pw,target=\\d"]), { issues: [{ code: "unit-escape", message: /\\d/ }] });
  await fc.assert(fc.property(fc.string(), (value) => undoubleSpecials(doubleSpecials(value)) === value));
});

t.test("intended arguments that a generated service lacks are named", async (t) => {
  const source =
    '[Container]\nImage=web.build\nEnvironment=A=1 "B=x y" A=2\nVolume=data.volume:/d\nNetwork=n.network:ip=10.0.0.2\nReadOnly=true\nExec=run --fast\n';
  const { document } = parseDocument(source, "web.container");
  const network = parseDocument("[Network]\nNetworkName=lan\n", "n.network").document;
  const build = parseDocument("[Build]\nImageTag=localhost/web:1\n", "web.build").document;
  const objects = objectNames(
    new Map([
      ["n.network", network],
      ["web.build", build],
      ["web.container", document],
    ]),
  );
  t.same(
    [...objects],
    [
      ["n.network", "lan"],
      ["web.build", "localhost/web:1"],
      ["web.container", "systemd-web"],
    ],
  );
  t.same(expectedArguments(document, "container", { objects }).toSorted(), [
    "--env A=2",
    "--env B=x y",
    "--network lan:ip=10.0.0.2",
    "--read-only",
    "-v systemd-data:/d",
    "localhost/web:1",
    "run --fast",
  ]);
  const command =
    '/usr/bin/podman run --env "B=x y" --env A=2 --network lan:ip=10.0.0.2 --read-only -v systemd-data:/d localhost/web:1 run --fast';
  const service = `[X-Container]\nExecStart=no\n[Service]\nExecStart=${command}\n`;
  t.same(missingArguments(document, "container", service, { objects }), []);
  t.same(missingArguments(document, "container", service.replace('"B=x y"', "B=x"), { objects }), ["Environment=B=x y"]);
  t.same(missingArguments(document, "container", service.replace("run --fast", "--fast run"), { objects }), ["Exec=run --fast"]);
  t.equal(missingArguments(document, "container", "", { objects }).length, 7);
});
