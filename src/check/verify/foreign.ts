import type { Issue } from "../../domain/errors.ts";
import type { BootFacts } from "../../domain/observed.ts";
import { check, count } from "./check.ts";

export const foreignCheck = check(
  "quadlet",
  "no Quadlet file on this machine is broken: one that cannot be parsed takes every unit of its folder down at the next reload or boot",
  ["boot"],
  ({ boot }) => ({
    seen: count(boot.files.length, "Quadlet file"),
    findings: [...unparsed(boot), ...refused(boot)],
    unchecked: [],
  }),
);

/** The generator gives up on a whole folder for one file, and says so in a line that is easily missed. */
function unparsed({ files, units, messages }: BootFacts): readonly Issue[] {
  const made = new Set(units.map(({ service }) => service));
  return messages.flatMap((line): readonly Issue[] => {
    const [, path, reason] = /error loading "([^"]+)",? (.*)$/u.exec(line) ?? [];
    if (path === undefined || reason === undefined) return [];
    const lost = files.filter((file) => file.path !== path && folderOf(file.path) === folderOf(path) && !made.has(file.service));
    const names = [...new Set(lost.map(({ service }) => service))];
    const loss = names.length === 0 ? "" : ` At the next reload or boot its whole folder is skipped: ${names.join(", ")} would be gone.`;
    return [
      { severity: "error", code: "foreign-broken", message: `Podman's generator cannot read it: ${reason}.${loss}`, place: { file: path } },
    ];
  });
}

/** A file that is understood and refused takes only itself down. */
function refused({ files, messages }: BootFacts): readonly Issue[] {
  return messages.flatMap((line): readonly Issue[] => {
    const [, name, reason] = /converting "([^"]+)": (.*)$/u.exec(line) ?? [];
    if (name === undefined || reason === undefined) return [];
    const path = files.find((file) => file.path.endsWith(`/${name}`))?.path ?? name;
    const message = `Podman's generator makes no unit of it: ${reason.replace(` in ${path}`, "")}.`;
    return [{ severity: "warning", code: "foreign-broken", message, place: { file: path } }];
  });
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
