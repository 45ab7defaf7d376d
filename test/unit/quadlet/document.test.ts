import * as fc from "fast-check";
import t from "tap";
import {
  appendEntry,
  emptyDocument,
  lookupAll,
  lookupLast,
  mergeDropIn,
  parseUnitFileName,
  sectionPairs,
  type UnitDocument,
  withoutKey,
  withoutSection,
  withValue,
} from "../../../src/quadlet/document.ts";
import { effectiveText } from "../../../src/quadlet/effective.ts";
import { parseDocument } from "../../../src/quadlet/parse.ts";
import { serialiseDocument } from "../../../src/quadlet/serialise.ts";

const text = `# the shop
[Unit]
Description=Shop   # part of the value

# where it comes from
[Container]
Image = localhost/shop:1  
Exec=serve \\
  # a comment inside
  --port 80
PublishPort=1:1
PublishPort=
PublishPort=2:2
PublishPort=3:3
; another comment

[X-Phoenix]
Liveness=tcp://:80
[Install]
WantedBy=default.target
`;

function parsed(source: string, file = "shop.container"): UnitDocument {
  const { document, issues } = parseDocument(source, file);
  t.same(issues, []);
  return document;
}

t.test("parsing and writing back is the identity", async (t) => {
  t.equal(serialiseDocument(parsed(text)), text);
  t.equal(serialiseDocument(parsed(text.replaceAll("\n", "\r\n"))), text.replaceAll("\n", "\r\n"));
  t.equal(serialiseDocument(parsed(text.trimEnd())), text.trimEnd());
  const line = fc.oneof(
    fc.constantFrom(
      "[Container]",
      "[",
      "[]",
      "",
      " ",
      "# c",
      "; c",
      "Key=value",
      "Key",
      "=",
      "Key=",
      "Exec=a \\",
      "\\",
      "\t\\\r",
      "\u{FEFF}",
      "\0",
    ),
    fc.string({ unit: "binary", maxLength: 12 }),
  );
  const anyText = fc
    .tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom("", "\n", "\r\n"))
    .map(([lines, end]) => lines.join("\n") + end);
  await fc.assert(
    fc.property(anyText, (source) => serialiseDocument(parseDocument(source, "a.container").document) === source),
    { numRuns: 2000 },
  );
});

t.test("values are what the generator reads", async (t) => {
  const document = parsed(text);
  t.equal(lookupLast(document, "Container", "Image"), "localhost/shop:1");
  t.equal(lookupLast(document, "Container", "Exec"), "serve --port 80");
  t.equal(lookupLast(document, "Unit", "Description"), "Shop   # part of the value");
  t.same(lookupAll(document, "Container", "PublishPort"), ["2:2", "3:3"], "an empty assignment clears");
  t.equal(lookupLast(parsed("[Container]\nImage=a\nImage=\n"), "Container", "Image"), undefined);
  t.same(lookupAll(parsed("[Service]\nA=1\n[Unit]\n[Service]\nA=2\n"), "Service", "A"), ["1", "2"], "a section may come twice");
  t.equal(lookupLast(parsed("[Container]\nExec=a\\\nb"), "Container", "Exec"), "ab", "a continuation adds no space");
  t.same(sectionPairs(document, "Container")[1], {
    kind: "pair",
    key: "Exec",
    value: "serve --port 80",
    raw: "Exec=serve \\\n  # a comment inside\n  --port 80\n",
    file: "shop.container",
    line: 8,
  });
});

t.test("what the generator cannot read is refused with its line", async (t) => {
  const broken: readonly (readonly [string, number, RegExp])[] = [
    ["\u{FEFF}[Container]\nImage=a\n", 1, /byte order mark/],
    ["[Container]\nImage=a\0b\n", 2, /NUL/],
    ["[Container]\nImage=\u{FFFD}\n", 2, /not UTF-8/],
    ["[Container]\nImage\n", 2, /neither Key=value/],
    ["Image=a\n[Container]\n", 1, /before the first \[Section\]/],
    ["[Contai", 1, /not a section header/],
    ["[Container] x\n", 1, /not a section header/],
    ["[Container]\n=a\n", 2, /neither/],
    ["[Container]\nExec=a \\\n", 2, /middle of this continued line/],
    ["[Container]\nExec=a \\\n# gone\n", 2, /middle of this continued line/],
    [`[Container]\nLabel=${"x".repeat(1024 * 1024)}\n`, 1, /the limit is/],
  ];
  for (const [source, line, message] of broken) {
    const { issues } = parseDocument(source, "a.container");
    t.match(issues, [{ severity: "error", code: "unit-syntax", message, place: { file: "a.container", line } }], source.slice(0, 30));
  }
  t.match(parseDocument("[Container]\nExec=a \\\n\n[Service]\n", "a.container").issues, [{ severity: "warning", message: /blank line/ }]);
});

t.test("edits change what they name and nothing else", async (t) => {
  const document = parsed(text);
  t.equal(serialiseDocument(withValue(document, "Container", "Image", "b:2")), text.replace("Image = localhost/shop:1  ", "Image=b:2"));
  t.same(lookupAll(withValue(document, "Container", "PublishPort", "9:9"), "Container", "PublishPort"), ["9:9"]);
  t.equal(serialiseDocument(withoutSection(document, "Install")), text.replace("[Install]\nWantedBy=default.target\n", ""));
  t.notMatch(serialiseDocument(withoutSection(document, "Container")), "where it comes from");
  t.equal(serialiseDocument(withoutKey(document, "Unit", "Description")), text.replace(/Description.*\n/, ""));
  t.equal(serialiseDocument(appendEntry(document, "Unit", "After", "db.service")), text.replace("value\n", "value\nAfter=db.service\n"));
  t.equal(
    serialiseDocument(appendEntry(parsed("[Container]\nImage=a"), "Service", "Restart", "no")),
    "[Container]\nImage=a\n\n[Service]\nRestart=no\n",
  );
  t.equal(serialiseDocument(appendEntry(emptyDocument("a.network"), "Network", "Internal", "true")), "[Network]\nInternal=true\n");
  for (const value of ["a\nPodmanArgs=--privileged", "a\\", "a\0"]) {
    t.throws(() => appendEntry(document, "Container", "Exec", value), { code: "unit-escape" }, "a raw value stays on its line");
  }
  t.throws(() => appendEntry(document, "Container", "A\nB", "x"), { code: "unit-escape" });
});

t.test("a drop-in comes after what is there and remembers its own lines", async (t) => {
  const dropIn = parsed("# ours\n[Container]\nPublishPort=\nPublishPort=8:8\n[Service]\nRestart=no\n", "shop.container.d/10.conf");
  const merged = mergeDropIn(parsed(text), dropIn);
  t.same(lookupAll(merged, "Container", "PublishPort"), ["8:8"]);
  t.equal(lookupLast(merged, "Service", "Restart"), "no");
  t.match(sectionPairs(merged, "Container").at(-1), { file: "shop.container.d/10.conf", line: 4 });
  t.same(parseDocument(serialiseDocument(merged), "shop.container").issues, []);
  t.equal(
    serialiseDocument(mergeDropIn(parsed("[Container]\nImage=a"), parsed("[Container]\nPull=never"))),
    "[Container]\nImage=a\nPull=never",
  );
});

t.test("the effective text ignores what does not decide a restart", async (t) => {
  const effective =
    "[Container]\nImage=localhost/shop:1\nExec=serve --port 80\nPublishPort=1:1\nPublishPort=\nPublishPort=2:2\nPublishPort=3:3\n";
  t.equal(effectiveText(parsed(text)), effective);
  t.equal(effectiveText(parsed(text.replaceAll(/^[#;].*\n/gm, "").replace("Shop", "Store"))), effective);
  t.not(effectiveText(parsed(text.replace("3:3", "4:4"))), effective);
});

t.test("file names tell type and service", async (t) => {
  t.same(parseUnitFileName("web.container"), { name: "web", type: "container", service: "web.service" });
  t.same(
    ["a.pod", "a.network", "a.volume", "a.image", "a.build", "a.kube"].map((name) => parseUnitFileName(name)?.service),
    ["a-pod.service", "a-network.service", "a-volume.service", "a-image.service", "a-build.service", "a.service"],
  );
  for (const name of ["web.conf", ".container", "container", "a.container.tmp"]) t.equal(parseUnitFileName(name), undefined, name);
});
