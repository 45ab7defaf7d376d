/** Keys whose arguments are more than their value: `type.Key`, or `Key` where all types agree. */
import { parseUnitFileName } from "./names.ts";
import { type References, resolveMount, resolveNetwork, resolveObject, resolvePath, resolveVolume } from "./references.ts";

export type Context = {
  /** The value of another key, of the type's own section unless said otherwise. */
  readonly ask: (key: string, section?: string) => string | undefined;
  readonly references: References;
};

/** The value as it appears, whole groups of words in the ways that generators write them, or nothing. */
type Meaning = (value: string, context: Context) => string | readonly (readonly string[])[] | undefined;

const path: Meaning = (value, { references }) => resolvePath(value, references);
const lowerCase: Meaning = (value) => value.toLowerCase();
const image: Meaning = (value, { references }) => resolveObject(value, ["image", "build"], references);
const isOn = (value: string | undefined): boolean => /^(?:1|yes|true|on)$/iu.test(value ?? "");

/** With `Driver=image` a volume has no other options. */
const unlessImage =
  (meaning: Meaning): Meaning =>
  (value, context) =>
    context.ask("Driver") === "image" ? undefined : meaning(value, context);

/** User, Group and Options of a volume are one argument; the first of them that is set stands for all. */
const volumeOptions =
  (key: string): Meaning =>
  (_value, { ask }) => {
    const parts = [
      ["User", "uid="],
      ["Group", "gid="],
      ["Options", ""],
    ].flatMap(([name = "", prefix = ""]) => {
      const value = ask(name);
      return value === undefined ? [] : [{ name, text: `${prefix}${value}` }];
    });
    return parts[0]?.name === key ? [["--opt", `o=${parts.map((part) => part.text).join(",")}`]] : undefined;
  };

export const meanings: Readonly<Record<string, Meaning>> = {
  AddCapability: lowerCase,
  DropCapability: lowerCase,
  // A leading dash means "if it exists on this machine".
  AddDevice: (value) => (value.startsWith("-") ? undefined : value),
  EnvironmentFile: path,
  ConfigMap: path,
  Yaml: path,
  Network: (value, { references }) => resolveNetwork(value, references),
  Volume: (value, { references }) => resolveVolume(value, references),
  Mount: (value, { references }) => resolveMount(value, references),
  "container.Image": image,
  "container.User": (value, { ask }) => {
    const group = ask("Group");
    return group === undefined ? value : `${value}:${group}`;
  },
  "container.Notify": (value, { ask }) => {
    if (ask("Type", "Service") === "oneshot") return undefined;
    return value.toLowerCase() === "healthy" ? "healthy" : isOn(value) ? "container" : "conmon";
  },
  "container.VolatileTmp": (value, { ask }) => (isOn(value) && !isOn(ask("ReadOnly")) ? "" : undefined),
  "container.Pod": (value, { references }) => {
    const name = parseUnitFileName(value)?.name ?? value;
    return [
      ["--pod", resolveObject(value, ["pod"], references)],
      ["--pod-id-file", `%t/${name}-pod.pod-id`],
    ];
  },
  "kube.AutoUpdate": (value) => {
    const slash = value.indexOf("/");
    return slash < 0 ? `=${value}` : `/${value.slice(0, slash)}=${value.slice(slash + 1)}`;
  },
  "volume.Image": (value, context) => (context.ask("Driver") === "image" ? image(value, context) : undefined),
  "volume.Copy": unlessImage((value) => [["--opt", isOn(value) ? "copy" : "nocopy"]]),
  "volume.Device": unlessImage((value) => value),
  "volume.Type": unlessImage((value) => value),
  "volume.User": unlessImage(volumeOptions("User")),
  "volume.Group": unlessImage(volumeOptions("Group")),
  "volume.Options": unlessImage(volumeOptions("Options")),
  // The names of places go to WorkingDirectory=, anything else is the build's context.
  "build.SetWorkingDirectory": (value, { ask }) => {
    const isPlace = /^(?:yaml|file|unit)$/iu.test(value);
    const isOverridden = !value.startsWith("/") && ask("WorkingDirectory", "Service") !== undefined;
    return isPlace || isOverridden ? undefined : value;
  },
};
