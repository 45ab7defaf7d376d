import type { Issue } from "../domain/errors.ts";
import { PhoenixError } from "../domain/errors.ts";
import type { StackName } from "../domain/words.ts";
import type { Ports } from "../ports/ports.ts";
import type { ComposeSecret } from "./compose.ts";

type SecretOptions = {
  readonly warn: (issue: Issue) => void;
  readonly progress: (line: string) => void;
};

/**
 * The Podman secrets that Compose files ask for, those that are missing. One that is there keeps its value: it belongs to the data it
 * protects, and rollback could not bring an old one back. That the file says another one now is told.
 */
export async function makeSecrets(
  stack: StackName,
  secrets: readonly ComposeSecret[],
  { warn, progress }: SecretOptions,
  { objects }: Pick<Ports, "objects">,
): Promise<void> {
  if (secrets.length === 0) return;
  const there = new Set(await objects.secrets());
  for (const { name, value, place } of secrets) {
    if (value.kind === "external") {
      if (there.has(name)) continue;
      throw new PhoenixError("secret-unset", `Cannot find the Podman secret ${name}, which is external.`, {
        place,
        remedy: `Create it: podman secret create ${name} FILE`,
      });
    }
    const text = value.kind === "text" ? value.text : undefined;
    if (there.has(name)) {
      if (text !== undefined && (await objects.secretDiffers(name, text))) warn(differs(name, place));
      continue;
    }
    if (text === undefined || text === "") {
      const because = value.kind === "text" ? "its value is empty" : `the variable ${value.variable} is not set`;
      throw new PhoenixError("secret-unset", `Cannot make the Podman secret ${name}: ${because}.`, { place });
    }
    await objects.createSecret(name, text, stack);
    progress(`made the secret ${name}`);
  }
}

function differs(name: string, place: ComposeSecret["place"]): Issue {
  return {
    severity: "warning",
    code: "secret-unset",
    message: `The Podman secret ${name} has another value than it would get now: it stays as it is.`,
    place,
    remedy: `To change it: stop its services, podman secret rm ${name}, deploy again.`,
  };
}
