/** Names that a unit must not have, since something else on every machine has them, and names that two units share. */
import type { Issue } from "../domain/errors.ts";
import type { ServiceName, UnitType } from "../domain/words.ts";

/** What a rule about names needs of a unit. */
export type Named = { readonly file: string; readonly name: string; readonly type: UnitType; readonly service: ServiceName };

/**
 * User units that distributions and Phoenix ship. A unit of ours would take their place: `dbus.container` would end the session bus. The
 * look at the machine itself comes with the plan; these are refused everywhere, so that a folder is not right on one machine only.
 */
const vendorUnits: readonly RegExp[] = [
  /^phoenix(-prober)?\.service$/u,
  /^dbus(-broker)?\.service$/u,
  /^(gpg-agent|ssh-agent|dirmngr|keyboxd|gcr-ssh-agent|gnome-keyring-daemon)\.service$/u,
  /^podman(-auto-update|-restart|-clean-transient|-user-wait-network-online)?\.service$/u,
  /^(pipewire|pipewire-pulse|wireplumber|pulseaudio|filter-chain)\.service$/u,
  /^(at-spi-dbus-bus|dconf|glib-pacrunner|obex|background|session-migration)\.service$/u,
  /^(systemd-|xdg-|gvfs-|org\.)/u,
];

export function nameIssues(unit: Named): readonly Issue[] {
  if (vendorUnits.some((pattern) => pattern.test(unit.service))) {
    const message = `Cannot use ${unit.file}: the system has a ${unit.service} of its own, which this one would replace.`;
    return [{ severity: "error", code: "unit-name", message, place: { file: unit.file } }];
  }
  if (/^_|:/u.test(unit.name)) {
    const message = `Cannot use ${unit.file}: Podman names start with a letter or digit and have no colon.`;
    return [{ severity: "error", code: "unit-name", message, place: { file: unit.file } }];
  }
  return [];
}

/** Two files that make one service: the generator takes one of them and says nothing. */
export function duplicateServices(units: readonly Named[]): readonly Issue[] {
  return duplicates(
    units,
    (unit) => unit.service,
    (unit, other) => ({
      severity: "error",
      code: "unit-duplicate",
      message: `Cannot use ${unit.file}: it makes ${unit.service}, and ${other.file} does too.`,
      place: { file: unit.file },
    }),
  );
}

const namespaces: Readonly<Record<UnitType, string | undefined>> = {
  container: "container",
  pod: "container",
  network: "network",
  volume: "volume",
  image: undefined,
  build: undefined,
  kube: undefined,
};

/** Two units whose Podman objects have one name: each start would remove the other's container. */
export function duplicateObjects(units: readonly (Named & { readonly object: string; readonly line?: number })[]): readonly Issue[] {
  const named = units.filter((unit) => namespaces[unit.type] !== undefined);
  return duplicates(
    named,
    (unit) => `${namespaces[unit.type]} ${unit.object}`,
    (unit, other) => ({
      severity: "error",
      code: "unit-duplicate",
      message: `Cannot use ${unit.file}: its ${unit.type} is called ${unit.object}, and that of ${other.file} is too.`,
      place: unit.line === undefined ? { file: unit.file } : { file: unit.file, line: unit.line },
    }),
  );
}

function duplicates<T>(units: readonly T[], keyOf: (unit: T) => string, issueOf: (unit: T, other: T) => Issue): readonly Issue[] {
  const first = new Map<string, T>();
  return units.flatMap((unit) => {
    const key = keyOf(unit);
    const other = first.get(key);
    if (other !== undefined) return [issueOf(unit, other)];
    first.set(key, unit);
    return [];
  });
}
