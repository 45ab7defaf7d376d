/** Containerfiles that stand in a Compose file itself: Podman needs them as files, and the project's folder is not ours to write to. */
import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { PinnedInput } from "../domain/generation.ts";
import type { Made } from "../ports/store.ts";
import { withValue } from "../quadlet/edit.ts";
import { doubleSpecials } from "../quadlet/escape.ts";
import { buildPaths } from "../stack/image-makers.ts";
import type { Stack } from "../stack/stack.ts";

/** The stack with builds that name their Containerfile where it will be, and what has to be written there before the first of them runs. */
export function placeBuildFiles(
  stack: Stack,
  made: Made | undefined,
  stateRoot: string,
): { readonly stack: Stack; readonly files: readonly PinnedInput[] } {
  const files: PinnedInput[] = [];
  const units = stack.units.map((unit) => {
    const { file, context } = unit.type === "build" ? buildPaths(unit.document, stack.root) : { file: undefined, context: undefined };
    const source = file === undefined ? undefined : posix.relative(stack.root, file);
    const text = source === undefined ? undefined : made?.inputs.get(source);
    if (source === undefined || text === undefined || context === undefined) return unit;
    const digest = createHash("sha256").update(text).digest("hex");
    const path = posix.join(stateRoot, "stacks", stack.name, "files", digest, posix.basename(source));
    files.push({ source, digest, path, kind: "file", secret: false });
    // With a named context the file's own folder says nothing.
    const placed = withValue(unit.document, "Build", "SetWorkingDirectory", doubleSpecials(context));
    return { ...unit, document: withValue(placed, "Build", "File", doubleSpecials(path)) };
  });
  return { stack: { ...stack, units }, files };
}
