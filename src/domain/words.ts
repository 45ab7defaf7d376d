/** The nouns everything shares. A stack's name, e.g. `phoenix`. */
export type StackName = string;
/** A systemd unit name, e.g. `web.service`. */
export type ServiceName = string;
/** A Quadlet file name, e.g. `web.container`. */
export type UnitFileName = string;
/** Generation 0 is the empty one: nothing runs, nothing is linked. */
export type GenerationNumber = number;
/** Lower-case hexadecimal sha256. */
export type Digest = string;
/** Milliseconds. Wall-clock times are milliseconds since 1970, and say so. */
export type Ms = number;

export const unitTypes = ["container", "pod", "network", "volume", "image", "build", "kube"] as const;
export type UnitType = (typeof unitTypes)[number];

const stackNamePattern = /^[a-z0-9][a-z0-9-]{0,39}$/;

export function isStackName(text: string): boolean {
  return stackNamePattern.test(text);
}
