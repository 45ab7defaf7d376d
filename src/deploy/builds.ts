import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import { PhoenixError } from "../domain/errors.ts";
import type { Generation } from "../domain/generation.ts";
import type { ImageFact } from "../domain/observed.ts";
import type { Digest, UnitFileName } from "../domain/words.ts";
import type { ReadPorts } from "../ports/ports.ts";
import { lookupLast } from "../quadlet/document.ts";
import { renderImageMaker } from "../stack/render.ts";
import type { Stack, StackUnit } from "../stack/stack.ts";

/** What a build would be made of, and its image where exactly that was built before. */
export type Build = { readonly digest: Digest; readonly image?: ImageFact };

type BuildPorts = Pick<ReadPorts, "source" | "images">;

/** The `.build` files whose images this one stands on: `After=base-build.service` in its `[Unit]`. */
export function basesOf(stack: Stack, unit: StackUnit): readonly StackUnit[] {
  return stack.units.filter((other) => other.type === "build" && unit.after.includes(other.service));
}

/** Without running it. Otherwise every deploy would have to run every build to know that nothing changed, and none would work offline. */
export async function lookAtBuild(
  unit: StackUnit,
  bases: readonly ImageFact[],
  { stack, current }: { readonly stack: Stack; readonly current: Generation },
  ports: BuildPorts,
): Promise<Build> {
  const context = await ports.source.digest(contextPath(stack, unit), ".");
  const parts = [renderImageMaker(stack, unit), context.digest, ...bases.map((base) => base.id)];
  const digest = createHash("sha256").update(parts.join("\0")).digest("hex");
  const id = knownImage(current, unit.file, digest);
  const image = id === undefined ? undefined : await ports.images.find(id);
  return { digest, ...(image === undefined ? {} : { image }) };
}

/** The image that the running generation built from exactly the same things. */
function knownImage({ builds = [], units }: Generation, file: UnitFileName, digest: Digest): string | undefined {
  const built = builds.find((build) => build.file === file && build.digest === digest);
  // Generations of an earlier version say it with each unit only.
  return built?.id ?? units.find(({ image }) => image?.reference === file && image.buildDigest === digest)?.image?.id;
}

/** Absolute: `SetWorkingDirectory=` as the loader made it, else the folder of `File=`, else the stack's own. */
export function contextPath(stack: Stack, unit: StackUnit): string {
  const folder = lookupLast(unit.document, "Build", "SetWorkingDirectory");
  const file = lookupLast(unit.document, "Build", "File");
  if (folder?.startsWith("/")) return folder;
  if (folder === undefined || folder === "unit")
    return folder === "unit" || file === undefined ? stack.root : dirname(resolve(stack.root, file));
  return folder === "file" && file !== undefined ? dirname(resolve(stack.root, file)) : resolve(stack.root, folder);
}

export function findUnit(stack: Stack, file: UnitFileName): StackUnit {
  const unit = stack.units.find((other) => other.file === file);
  if (unit === undefined) throw new PhoenixError("source-invalid", `Cannot find ${file}: the stack has no such file.`);
  return unit;
}
