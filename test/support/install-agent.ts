/**
 * Installs the agent for a machine's user, as install.sh does, without its packages and questions: our bundle under
 * ~/.local/share/phoenix/current, the units with the user's number, phoenix.target enabled. `dropIn` goes into phoenix.service.
 */
import { readdirSync, readFileSync } from "node:fs";
import type { Machine } from "./machine.ts";

const folder = new URL("../../systemd/", import.meta.url);

/** Numbers of users are given out again, and the journal remembers the one before. */
const since = new WeakMap<Machine, string>();

export async function installAgent(m: Machine, options: { readonly dropIn?: string; readonly start?: boolean } = {}): Promise<void> {
  since.set(m, `@${await m.stdout("date +%s.%6N")}`);
  for (const name of readdirSync(folder).filter((file) => /\.(service|target)$/.test(file))) {
    const text = readFileSync(new URL(name, folder), "utf8").replaceAll("@UID@", String(m.uid));
    await m.writeFile(`.config/systemd/user/${name}`, text);
  }
  if (options.dropIn !== undefined) await m.writeFile(".config/systemd/user/phoenix.service.d/test.conf", options.dropIn);
  await m.stdout(`mkdir -p ~/.local/share/phoenix/test && ln -sfn ~/.local/share/phoenix/test ~/.local/share/phoenix/current
    cp /opt/phoenix/dist/phoenix.mjs ~/.local/share/phoenix/test/phoenix.mjs
    systemctl --user daemon-reload
    systemctl --user enable --quiet phoenix.service phoenix.target`);
  if (options.start !== false) await m.stdout("systemctl --user start phoenix.target");
}

/** Everything that the agent journalled, as objects, oldest first. */
export async function agentLines(m: Machine, match = ""): Promise<readonly Readonly<Record<string, string>>[]> {
  const text = await m.stdout(
    `journalctl --user --output=json --no-pager --since=${since.get(m) ?? "today"} SYSLOG_IDENTIFIER=phoenix ${match} || true`,
  );
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Readonly<Record<string, string>>);
}
