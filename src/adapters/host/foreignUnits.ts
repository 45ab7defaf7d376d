import { readdir, readFile } from "node:fs/promises";
import { basename, isAbsolute, join } from "node:path";
import { parseUnitFileName } from "../../quadlet/names.ts";

export type ForeignPaths = {
  readonly configHome: string;
  readonly dataHome: string;
  readonly runtimePath: string;
  readonly uid: number;
};

/** The user manager's environment decides where unit files lie. */
export function foreignPaths(environment: Readonly<Record<string, string | undefined>>, homePath: string): ForeignPaths {
  const home = (name: string, usual: string): string => {
    const value = environment[name];
    return value !== undefined && isAbsolute(value) ? value : usual;
  };
  const uid = process.getuid?.() ?? 0;
  return {
    uid,
    configHome: home("XDG_CONFIG_HOME", join(homePath, ".config")),
    dataHome: home("XDG_DATA_HOME", join(homePath, ".local/share")),
    runtimePath: home("XDG_RUNTIME_DIR", `/run/user/${uid}`),
  };
}

export type ForeignUnit = { readonly name: string; readonly path: string };

/** Where systemd looks for a user's unit files, without what generators write: the same name in one of these hides or is hidden. */
function unitFolders({ configHome, dataHome, runtimePath }: ForeignPaths): readonly string[] {
  return [
    join(configHome, "systemd/user.control"),
    join(configHome, "systemd/user"),
    "/etc/systemd/user",
    join(runtimePath, "systemd/user"),
    join(runtimePath, "systemd/transient"),
    "/run/systemd/user",
    join(dataHome, "systemd/user"),
    "/usr/local/share/systemd/user",
    "/usr/share/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
  ];
}

/** Where Podman's generator looks for a user's Quadlet files. */
function quadletFolders({ configHome, runtimePath, uid }: ForeignPaths): readonly string[] {
  return [
    join(runtimePath, "containers/systemd"),
    join(configHome, "containers/systemd"),
    "/etc/containers/systemd/users",
    `/etc/containers/systemd/users/${uid}`,
    "/usr/share/containers/systemd/users",
    `/usr/share/containers/systemd/users/${uid}`,
  ];
}

/** Unit files and Quadlet files, not of Phoenix, that have or make one of these units. */
export async function findForeignUnits(names: readonly string[], paths: ForeignPaths): Promise<readonly ForeignUnit[]> {
  const wanted = new Set(names);
  const own = join(paths.configHome, "containers/systemd/phoenix");
  const found: ForeignUnit[] = [];
  for (const folder of unitFolders(paths)) {
    for (const name of await namesIn(folder)) if (wanted.has(name)) found.push({ name, path: join(folder, name) });
  }
  const seen = new Set<string>();
  for (const folder of quadletFolders(paths)) {
    for (const path of await quadletFiles(folder, own, 0)) {
      if (seen.has(path)) continue;
      seen.add(path);
      const name = (await namesOf(path)).find((one) => wanted.has(one));
      if (name !== undefined) found.push({ name, path });
    }
  }
  return found;
}

/** Every Quadlet file that the user's generator reads, Phoenix's own included, with the service it should make. */
export async function findQuadletFiles(paths: ForeignPaths): Promise<readonly { readonly path: string; readonly service: string }[]> {
  const found = new Map<string, string>();
  for (const folder of quadletFolders(paths)) {
    for (const path of await quadletFiles(folder, undefined, 0)) found.set(path, (await namesOf(path)).at(-1) ?? "");
  }
  return [...found].map(([path, service]) => ({ path, service }));
}

/** The generator follows links to folders, so a folder may lead back to itself. */
const deepest = 8;

async function quadletFiles(folder: string, own: string | undefined, depth: number): Promise<readonly string[]> {
  // `users` holds a folder for each user: theirs are not ours.
  const isShared = /\/containers\/systemd\/users$/u.test(folder);
  const paths: string[] = [];
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    if (path === own) continue;
    if (parseUnitFileName(name) !== undefined) paths.push(path);
    else if (depth < deepest && !isShared && !name.endsWith(".d")) paths.push(...(await quadletFiles(path, own, depth + 1)));
  }
  return paths;
}

/** The file's own name, the service it makes, and another name that it gives to that (`ServiceName=`). */
async function namesOf(path: string): Promise<readonly string[]> {
  const file = basename(path);
  const service = parseUnitFileName(file)?.service ?? file;
  const text = await readFile(path, "utf8").catch(() => "");
  const renamed = /^\s*ServiceName\s*=\s*(\S+)\s*$/mu.exec(text)?.[1];
  return renamed === undefined ? [file, service] : [file, renamed.endsWith(".service") ? renamed : `${renamed}.service`];
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}
