import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { command } from "./command.ts";

export type ImageConfig = {
  readonly Env: readonly string[];
  readonly Cmd: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
};

/**
 * Turns the tar of a root filesystem into an image archive that `podman load` takes: one layer, a config, a manifest. Written by hand
 * because the host has no Podman, and because an archive has a fixed ID: every user who loads it gets the same image, which an import would not give.
 * The archive appears under its name only when it is complete; the layer is used up.
 */
export async function writeImageArchive(layerPath: string, reference: string, config: ImageConfig, archivePath: string): Promise<void> {
  const folder = dirname(layerPath);
  const layerDigest = await digestOf(layerPath);
  const created = new Date().toISOString();
  const text = JSON.stringify({
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    created,
    config,
    rootfs: { type: "layers", diff_ids: [`sha256:${layerDigest}`] },
    history: [{ created, created_by: "phoenix sandbox stand-in" }],
  });
  const configName = `${createHash("sha256").update(text).digest("hex")}.json`;
  await writeFile(`${folder}/${configName}`, text);
  await writeFile(
    `${folder}/manifest.json`,
    JSON.stringify([{ Config: configName, RepoTags: [reference], Layers: [basename(layerPath)] }]),
  );
  const temporary = `${folder}/archive.tar`;
  await command(["tar", "--directory", folder, "--create", "--file", temporary, "manifest.json", configName, basename(layerPath)], {
    timeoutMs: 300_000,
  });
  await rm(layerPath);
  await rename(temporary, archivePath);
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
