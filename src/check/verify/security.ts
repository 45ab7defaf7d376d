import type { Issue } from "../../domain/errors.ts";
import type { GenerationUnit } from "../../domain/generation.ts";
import type { ContainerDetail } from "../../domain/observed.ts";
import type { UnitDocument } from "../../quadlet/document.ts";
import { parseDocument } from "../../quadlet/parse.ts";
import { isYes, lastValue, valuesOf } from "../../stack/values.ts";
import { check, count, finding } from "./check.ts";

export const securityCheck = check(
  "security",
  "the running containers have the user, capabilities, read-only root and NoNewPrivileges that their units ask for",
  ["observed", "containers"],
  ({ observed, containers }) => {
    const pairs = observed.current.units.flatMap((unit) => {
      const detail = unit.type === "container" ? containers.find((one) => one.name === unit.object) : undefined;
      const { document } = parseDocument(unit.text, unit.file);
      return detail === undefined || document === undefined ? [] : [{ unit, detail, document }];
    });
    return {
      seen: count(pairs.length, "running container"),
      findings: pairs.flatMap(({ unit, detail, document }) => lost(unit, document, detail)),
      unchecked: [],
    };
  },
);

function lost(unit: GenerationUnit, document: UnitDocument, detail: ContainerDetail): readonly Issue[] {
  const last = (key: string): string | undefined => lastValue(document, "container", key);
  const say = (what: string): Issue => finding("security-lost", unit, `${unit.service} runs ${what}.`, remedyOf(unit));
  const user = [last("User"), last("Group")].filter((part) => part !== undefined).join(":");
  const arguments_ = valuesOf(document, "container", "PodmanArgs").map(({ value }) => value);
  return [
    ...(isYes(last("NoNewPrivileges")) && !detail.securityOptions.some((option) => /^no-new-privileges(?::true)?$/u.test(option))
      ? [say("without the NoNewPrivileges=true of its unit")]
      : []),
    ...(isYes(last("ReadOnly")) && !detail.readOnly
      ? [say("with a root file system that it can write, and its unit says ReadOnly=true")]
      : []),
    ...(user !== "" && detail.user !== user
      ? [say(`as user '${detail.user === "" ? "root" : detail.user}', and its unit says ${user}`)]
      : []),
    ...(detail.privileged && !arguments_.includes("--privileged") ? [say("privileged, which its unit does not ask for")] : []),
    ...extraCapabilities(document, detail).map((name) => say(`with ${name}, which its unit drops`)),
  ];
}

/** Capabilities that the unit drops, as far as it does not add them again. */
function extraCapabilities(document: UnitDocument, { capabilities, privileged }: ContainerDetail): readonly string[] {
  if (privileged) return [];
  const names = (key: string): readonly string[] => valuesOf(document, "container", key).map(({ value }) => fullName(value));
  const [dropped, added] = [names("DropCapability"), names("AddCapability")];
  const isDropped = (name: string): boolean => dropped.includes("ALL") || dropped.includes(name);
  return capabilities.filter((name) => isDropped(name) && !added.includes(name) && !added.includes("ALL"));
}

/** `chown` and `CAP_CHOWN` are one. */
function fullName(text: string): string {
  const upper = text.toUpperCase();
  return upper === "ALL" || upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
}

function remedyOf({ service }: GenerationUnit): string {
  return `\`systemctl --user restart ${service}\`; if that does not help, \`systemctl --user cat ${service}\` shows which override changes its command.`;
}
