import { type Issue, PhoenixError } from "../domain/errors.ts";
import type { StackName } from "../domain/words.ts";
import type { Ports, ReadPorts } from "../ports/ports.ts";
import type { ComposeSecret } from "./compose.ts";

type SecretOptions = { readonly warn: (issue: Issue) => void; readonly progress: (line: string) => void };

export type MissingSecrets = { readonly missing: readonly ComposeSecret[]; readonly issues: readonly Issue[] };

/** Those that are not there yet, and what keeps them from being made. */
export async function missingSecrets(secrets: readonly ComposeSecret[], { objects }: Pick<ReadPorts, "objects">): Promise<MissingSecrets> {
  const there = new Set(secrets.length === 0 ? [] : await objects.secrets());
  const missing = secrets.filter(({ name }) => !there.has(name));
  return { missing, issues: missing.flatMap(unmakeable) };
}

/**
 * Makes the Podman secrets that Compose files ask for where they are missing. One that is there keeps its value: it belongs to the data
 * it protects, and rollback could not bring an old one back. That the file says another one now is told.
 */
export async function makeSecrets(
  stack: StackName,
  secrets: readonly ComposeSecret[],
  { warn, progress }: SecretOptions,
  ports: Pick<Ports, "objects">,
): Promise<void> {
  const { missing, issues } = await missingSecrets(secrets, ports);
  const [first] = issues;
  if (first !== undefined)
    throw new PhoenixError(
      first.code,
      `Cannot make the secrets of ${stack}: ${issues.length} of them ${issues.length === 1 ? "has" : "have"} no value.`,
      {
        issues,
      },
    );
  for (const secret of secrets) {
    const { name, value } = secret;
    if (value.kind !== "text") continue;
    if (missing.includes(secret)) {
      await ports.objects.createSecret(name, value.text, stack);
      progress(`made the secret ${name}`);
    } else if (await ports.objects.secretDiffers(name, value.text)) warn(differs(secret));
  }
}

function unmakeable({ name, value, place }: ComposeSecret): readonly Issue[] {
  if (value.kind === "text" && value.text !== "") return [];
  const issue = { severity: "error", code: "secret-unset", place } as const;
  if (value.kind === "external") {
    const remedy = `Create it: podman secret create ${name} FILE`;
    return [{ ...issue, message: `Cannot find the Podman secret ${name}, which is external.`, remedy }];
  }
  const because = value.kind === "text" ? "its value is empty" : `the variable ${value.variable} is not set`;
  return [{ ...issue, message: `Cannot make the Podman secret ${name}: ${because}.` }];
}

function differs({ name, place }: ComposeSecret): Issue {
  return {
    severity: "warning",
    code: "secret-unset",
    message: `The Podman secret ${name} has another value than it would get now: it stays as it is.`,
    place,
    remedy: `To change it: stop its services, podman secret rm ${name}, deploy again.`,
  };
}
