import { readFileSync, writeFileSync } from "node:fs";
import t from "tap";
import type { CliContext } from "../../../src/cli/context.ts";
import { buildProgram } from "../../../src/cli/program.ts";
import { checksPage, cliPage, composePage, errorsPage } from "../../support/reference.ts";

const program = buildProgram({ version: "0.0.0", out: () => {}, err: () => {} } as unknown as CliContext, () => {});
const pages = {
  "docs/reference/errors.md": errorsPage(),
  "docs/reference/cli.md": cliPage(program),
  "docs/reference/checks.md": checksPage(),
  "docs/reference/compose.md": composePage(),
};

for (const [path, text] of Object.entries(pages)) {
  t.test(`${path} says what the program does (\`UPDATE=1 npx tap test/unit/docs\` writes it anew)`, async (t) => {
    if (process.env["UPDATE"] === "1") writeFileSync(path, text);
    t.equal(readFileSync(path, "utf8"), text);
  });
}

t.test("every verb has examples in its help", async (t) => {
  for (const command of program.commands) {
    if ((command as unknown as { _hidden: boolean })._hidden || command.name() === "help") continue;
    let help = "";
    command.configureOutput({
      writeOut: (text) => {
        help += text;
      },
    });
    command.outputHelp();
    t.match(help, /Examples:/, command.name());
  }
});

t.test("every relative link of the documents leads somewhere", async (t) => {
  const topics = ["how-it-works", "compose", "services", "benchmarks", "telemetry", "reference/config"].map((name) => `docs/${name}.md`);
  const documents = ["README.md", "CHANGELOG.md", ...topics, ...Object.keys(pages)];
  for (const path of documents) {
    for (const [, target = ""] of readFileSync(path, "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      t.doesNotThrow(() => readFileSync(new URL(target, `file://${process.cwd()}/${path}`)), `${path} -> ${target}`);
    }
  }
});
