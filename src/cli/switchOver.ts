import type { Imported } from "../deploy/import.ts";
import { PhoenixError } from "../domain/errors.ts";
import type { ServiceName } from "../domain/words.ts";
import type { CliContext } from "./context.ts";
import { printable } from "./printable.ts";

/** How a person goes from hand-written units to the stack that was made of them, and back. Nothing of it is done for them. */
export async function switchOver(
  { stack, folder, from }: Imported,
  { paths, services }: NonNullable<Imported["replaces"]>,
  context: CliContext,
): Promise<string> {
  const active = await activeServices(services, context);
  const running = active ?? services;
  const state =
    active === undefined
      ? "Whether they run now is not known: no user manager can be asked."
      : `${active.length === 0 ? "None of their services runs" : `These run now: ${active.join(" ")}`}.`;
  const aside = `${from}.before-phoenix`.replace(/\/containers\/systemd/u, "/containers-before-phoenix");
  const names = paths.map(shellWord).join(" ");
  const back = paths.map((path) => shellWord(`${aside}/${path.slice(path.lastIndexOf("/") + 1)}`)).join(" ");
  return printable(`
${state} Nothing was stopped. Phoenix deploys no unit whose name another file has, so the old files have to go first:

  ${running.length === 0 ? "" : `systemctl --user stop ${running.join(" ")}\n  `}mkdir -p ${shellWord(aside)}
  mv ${names} ${shellWord(aside)}/
  systemctl --user daemon-reload
  phoenix deploy ${shellWord(folder)} --stack ${stack}

Volumes and other data stay where they are. The way back:

  phoenix teardown ${stack} --yes
  mv ${back} ${shellWord(from)}/
  systemctl --user daemon-reload
  ${running.length === 0 ? "" : `systemctl --user start ${running.join(" ")}`}
`);
}

/** Undefined where nobody can be asked: the files are written all the same. */
async function activeServices(services: readonly ServiceName[], context: CliContext): Promise<readonly ServiceName[] | undefined> {
  try {
    const states = await (await context.ports()).units.list(services);
    return states.filter(({ activeState }) => !["inactive", "failed"].includes(activeState)).map(({ service }) => service);
  } catch (error) {
    if (error instanceof PhoenixError) return undefined;
    throw error;
  }
}

/** A word as a shell reads it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
