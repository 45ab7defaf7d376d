import type { Register } from "../program.ts";
import { registerVolumesExport } from "./volumes/export.ts";
import { registerVolumesImport } from "./volumes/import.ts";
import { registerVolumesList } from "./volumes/list.ts";
import { registerVolumesPrune } from "./volumes/prune.ts";

/** `phoenix volumes list|export|import|prune`. */
export const registerVolumes: Register = (program, context, run) => {
  const volumes = program
    .command("volumes")
    .description("the data: what there is and who uses it, copies of it, and what nobody needs any more")
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix volumes list\n  phoenix volumes export db_data db.tar --stop\n  phoenix volumes import db_data db.tar --stop\n  phoenix volumes prune",
    );
  for (const register of [registerVolumesList, registerVolumesExport, registerVolumesImport, registerVolumesPrune])
    register(volumes, context, run);
};
