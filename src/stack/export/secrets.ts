/** `Secret=` lines: Podman secrets stay what they are, so every one is external. */
import type { ComposeData } from "../../compose/write/text.ts";
import type { StackUnit } from "../stack.ts";
import { valuesOf } from "../values.ts";
import type { ExportContext } from "./context.ts";
import type { Named } from "./networks.ts";
import type { Fields } from "./rows.ts";
import { composeWord } from "./words.ts";

export function secretFields(unit: StackUnit, named: Named, context: ExportContext): Fields {
  const secrets = valuesOf(unit.document, unit.type, "Secret").map(({ value, pair }) => {
    const [source = "", ...options] = value.split(",").map(composeWord);
    named.set(source, { external: true });
    const words: Record<string, string> = {};
    for (const option of options) {
      const [name = "", word = ""] = option.split("=");
      if (["type", "target", "uid", "gid", "mode"].includes(name)) words[name] = word;
      else context.leave(unit, pair, `Compose has no secret option ${name}`);
    }
    return secretEntry(source, words);
  });
  return secrets.length === 0 ? {} : { secrets };
}

/**
 * podman-compose 1.3 takes `target` with `type: env` only, but hands `type` on to podman as it is, and with it what follows there. So do
 * later versions.
 */
function secretEntry(source: string, { type, target, ...owner }: Record<string, string>): ComposeData {
  if (type === "env") return { source, type, ...(target === undefined ? {} : { target }) };
  if (target === undefined && Object.keys(owner).length === 0) return source;
  return { source, ...(target === undefined || target === source ? {} : { type: `mount,target=${target}` }), ...owner };
}
