// Makes dist/phoenix.mjs: one file that runs with nothing but Node beside it, and the licences of what is inside.
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));

/**
 * Bundles one entry. Written beside its place and renamed, so that a running sandbox never loads half a file.
 * `usocket` and `x11` are dbus-next's optional native paths, which Phoenix never takes.
 */
export async function bundle(entry, outfile) {
  const temporary = `${outfile}.part`;
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: temporary,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    // Names and lines stay: a minified stack trace prints a screenful of library code.
    minifySyntax: true,
    metafile: true,
    logLevel: "warning",
    external: ["usocket", "x11"],
    define: { "process.env.PHOENIX_VERSION": JSON.stringify(version) },
    // dbus-next and pino are CommonJS and call require().
    banner: { js: '#!/usr/bin/env node\nimport { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  // esbuild escapes what is not ASCII, but in comments: one dash there doubles what Node keeps of the text, 2 MB in every process.
  const text = await readFile(temporary, "utf8");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII begins with them.
  await writeFile(temporary, text.replace(/[^\x00-\x7f]/g, "?"));
  await rename(temporary, outfile);
  return Object.keys(result.metafile.inputs);
}

async function licences(inputs) {
  const folders = new Set(inputs.map((path) => path.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean));
  const parts = [];
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
    const file = (await readdir(join(root, folder))).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? "" : await readFile(join(root, folder, file), "utf8");
    parts.push(`${name} ${version} (${license ?? "see below"})\n\n${text.trim()}\n`);
  }
  return parts.join(`\n${"-".repeat(72)}\n\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await mkdir(join(root, "dist"), { recursive: true });
  const inputs = await bundle("src/main.ts", join(root, "dist/phoenix.mjs"));
  await writeFile(join(root, "dist/THIRD_PARTY_LICENSES"), await licences(inputs));
}
