import { type Issue, PhoenixError } from "../domain/errors.ts";
import { foldLedger, type LedgerState } from "../domain/ledger.ts";
import type { Ms, StackName } from "../domain/words.ts";
import type { Change } from "../plan/change.ts";
import { diffGenerations, isNothing } from "../plan/diff.ts";
import type { Observed } from "../plan/observed.ts";
import type { Ports } from "../ports/ports.ts";
import { type Candidate, keepBuildFiles, makeCandidate } from "./candidate.ts";
import type { Failpoint } from "./failpoint.ts";
import { resolveImages } from "./images.ts";
import { observe } from "./observe.ts";
import { preflight } from "./preflight.ts";
import { recover } from "./recover.ts";
import { rehearseChanges } from "./rehearse.ts";
import { retain } from "./retain.ts";
import { makeSecrets } from "./secrets.ts";
import { openSource, type SourceRequest } from "./source.ts";
import { type ChangeOutcome, changeStack } from "./transaction.ts";

export type VerbOptions = {
  readonly waitMs: Ms;
  readonly interrupted: AbortSignal;
  readonly failpoint: Failpoint;
  readonly progress: (line: string) => void;
  readonly warn: (issue: Issue) => void;
};

export type DeployOptions = VerbOptions &
  SourceRequest & {
    readonly pull: boolean;
    /** Try a quarantined candidate again. */
    readonly force: boolean;
  };

/** Source -> running, proven generation; or the old one, proven. Everything slow happens before the lane is taken. */
export async function deployStack(options: DeployOptions, ports: Ports): Promise<ChangeOutcome> {
  const { progress } = options;
  await settle(options, ports);
  const candidate = await makeCandidate(
    {
      path: options.path,
      name: options.name,
      compose: options.compose,
      images: async (loaded) => {
        await keepBuildFiles(loaded, ports);
        const { stack, current } = loaded;
        return await resolveImages({ stack, current, pull: options.pull, progress, interrupted: options.interrupted }, ports);
      },
    },
    ports,
  );
  for (const issue of candidate.warnings) options.warn(issue);
  const stack = candidate.stack.name;
  const observed = await observe(stack, candidate.generation.units, ports);
  const changes = diffGenerations(candidate.generation, observed);
  const settled = observed.ledger.pending === undefined && observed.live === observed.ledger.current;
  if (settled && isNothing(changes) && observed.current.contentDigest === candidate.generation.contentDigest)
    return { kind: "nothing", generation: observed.current };
  const generated = await prove(candidate, observed, options, ports);
  await refuseQuarantined(candidate, observed.ledger, options, ports);
  for (const [id, tags] of candidate.pins) await ports.images.tag(id, tags);
  // One that a crash cut off is finished, not written a second time.
  const same = [observed.current, observed.pending].find((known) => known?.contentDigest === candidate.generation.contentDigest);
  const wanted = same ?? (await ports.generations.write(candidate.generation, candidate.inputs, candidate.source.made));
  for (const folder of await ports.folders.make(candidate.source.folders)) progress(`made the folder ${folder}`);
  await makeSecrets(stack, candidate.source.secrets, options, ports);
  // After the write: a rehearsal reads the new input files. A generation that is refused here was never pending, and goes with the next retention.
  await rehearse(candidate, changes, generated, options, ports);
  const outcome = await ports.lane.hold(stack, options.waitMs, async () => {
    const recovered = await recover({ stack, ...options }, ports);
    if (recovered?.kind === "good" && recovered.generation.number === wanted.number) return recovered;
    if (recovered?.kind === "undone" && recovered.from.number === wanted.number) return recovered;
    // Whoever held the lane meanwhile may have found out that it does not work.
    await refuseQuarantined(candidate, foldLedger((await ports.history.read(stack)).lines), options, ports);
    return await changeStack({ stack, verb: "deploy", wanted, removeVolumes: false, ...options }, ports);
  });
  await tidy(stack, options, ports);
  return outcome;
}

/** What is no longer needed goes; that it could not go is no failure of a change that went well. */
async function tidy(stack: StackName, options: DeployOptions, ports: Ports): Promise<void> {
  try {
    await retain(stack, ports);
  } catch (error) {
    if (!(error instanceof PhoenixError)) throw error;
    options.warn({
      severity: "warning",
      code: error.code,
      message: `Cannot tidy up after the deploy: ${error.message}`,
      remedy: error.remedy,
    });
  }
}

/**
 * A change that a crash cut off comes first: nobody shall wait for a build while half a stack runs, and a refusal of the candidate shall
 * not leave it so.
 */
async function settle(options: DeployOptions, ports: Ports): Promise<void> {
  const { name: stack } = await openSource(options, ports.source);
  const { pending } = foldLedger((await ports.history.read(stack)).lines);
  if (pending !== undefined) await ports.lane.hold(stack, options.waitMs, async () => await recover({ stack, ...options }, ports));
}

async function prove(candidate: Candidate, observed: Observed, options: DeployOptions, ports: Ports): Promise<ReadonlyMap<string, string>> {
  const { issues, generated } = await preflight(candidate.generation, observed, ports);
  const errors = issues.filter((issue) => issue.severity === "error");
  if (errors.length > 0) {
    const text = `Cannot deploy ${candidate.stack.name}: ${errors.length === 1 ? errors[0]?.message.replace(/\.$/, "") : `${errors.length} errors`}.`;
    throw new PhoenixError(errors[0]?.code ?? "source-invalid", text, { issues: errors });
  }
  for (const issue of issues) options.warn(issue);
  return generated;
}

/** A candidate that failed before is not tried again by accident: a timer that deploys every night would break the stack every night. */
async function refuseQuarantined(candidate: Candidate, ledger: LedgerState, options: DeployOptions, ports: Ports): Promise<void> {
  const { digest } = candidate.generation;
  const because = ledger.quarantined.get(digest);
  if (because === undefined) return;
  if (!options.force)
    throw new PhoenixError(
      "quarantined",
      `Cannot deploy ${candidate.stack.name}: exactly this failed before (${because.replace(/\.$/, "")}).`,
    );
  await ports.history.append(candidate.stack.name, { event: "released", digest, because: "--force" });
}

async function rehearse(
  candidate: Candidate,
  changes: readonly Change[],
  generated: ReadonlyMap<string, string>,
  options: DeployOptions,
  ports: Ports,
): Promise<void> {
  const failure = await rehearseChanges({ changes, generated, progress: options.progress, interrupted: options.interrupted }, ports);
  if (failure === undefined) return;
  await ports.history.append(candidate.stack.name, { event: "refused", digest: candidate.generation.digest, because: failure });
  throw new PhoenixError("rehearsal-failed", `Cannot deploy ${candidate.stack.name}: ${failure}.`);
}
