import type { Issue } from "../../domain/errors.ts";
import { check, count, finding } from "./check.ts";
import type { KeptFact, Known } from "./facts.ts";

export const imagesCheck = check(
  "images",
  "the images of every kept generation are here under their pinned tags, so that a rollback needs no registry",
  ["kept", "imageTags"],
  ({ kept, imageTags }) => ({
    seen: count(kept.length, "kept generation"),
    findings: kept.flatMap((one) => gone(one, imageTags)),
    unchecked: [],
  }),
);

function gone({ number, generation, isFailed }: KeptFact, tags: Known["imageTags"]): readonly Issue[] {
  // A failed one is kept for its story only: nothing ever goes back to it.
  const severity = isFailed ? "warning" : "error";
  if ("unknown" in generation) {
    return [{ severity, code: "generation-damaged", message: `Generation ${number} cannot be used: ${generation.unknown}` }];
  }
  const images = new Map(
    generation.units.flatMap(({ file, image }) => (image === undefined ? [] : [[image.tag, { file, image }] as const])),
  );
  return [...images.values()]
    .filter(({ image }) => tags.get(image.tag) !== image.id)
    .map(({ file, image }) => {
      const found = tags.has(image.tag) ? "is another one" : "is gone";
      return {
        ...finding("image-gone", { file }, `The image of ${file} in generation ${number} ${found} (${image.reference}, ${image.tag}).`),
        severity,
      };
    });
}
