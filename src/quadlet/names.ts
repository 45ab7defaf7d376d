/** What a unit file's name says: its type and the service that Podman's generator makes of it. */
export const unitTypes = ["container", "pod", "network", "volume", "image", "build", "kube"] as const;

export type UnitType = (typeof unitTypes)[number];

export type UnitFileName = { readonly name: string; readonly type: UnitType; readonly service: string };

type TypeRow = {
  /** The section that makes the unit what it is. */
  readonly section: string;
  /** What stands between the name and `.service`. */
  readonly suffix: string;
  /** The key that names the Podman object; kube and image files have none. */
  readonly nameKey?: string;
};

const types = {
  container: { section: "Container", suffix: "", nameKey: "ContainerName" },
  pod: { section: "Pod", suffix: "-pod", nameKey: "PodName" },
  network: { section: "Network", suffix: "-network", nameKey: "NetworkName" },
  volume: { section: "Volume", suffix: "-volume", nameKey: "VolumeName" },
  image: { section: "Image", suffix: "-image" },
  build: { section: "Build", suffix: "-build" },
  kube: { section: "Kube", suffix: "" },
} as const satisfies Record<UnitType, TypeRow>;

/** The section of a unit type: `Container` for `container`. */
export function typeSection(type: UnitType): string {
  return types[type].section;
}

/** The unit type whose section this is, if any. */
export function sectionType(section: string): UnitType | undefined {
  return unitTypes.find((type) => types[type].section === section);
}

/** The key that gives the Podman object another name than `systemd-<unit>`. */
export function nameKey(type: UnitType): string | undefined {
  const row: TypeRow = types[type];
  return row.nameKey;
}

/** Whether a file's extension is one that Podman's generator reads. */
export function isUnitType(text: string): text is UnitType {
  return unitTypes.some((type) => type === text);
}

/** `web.container` -> web, container, web.service; undefined for every other kind of file. */
export function parseUnitFileName(fileName: string): UnitFileName | undefined {
  const dot = fileName.lastIndexOf(".");
  const type = fileName.slice(dot + 1);
  if (dot <= 0 || !isUnitType(type)) return undefined;
  const name = fileName.slice(0, dot);
  return { name, type, service: `${name}${types[type].suffix}.service` };
}

/** The Podman object of a unit that names none: `systemd-web`. */
export function defaultObjectName(name: string): string {
  return `systemd-${name}`;
}
