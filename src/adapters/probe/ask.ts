import { showDuration } from "../../domain/time.ts";
import type { Ms } from "../../domain/words.ts";
import { askHttp } from "./ask-http.ts";
import { askServer, askTcp } from "./ask-stream.ts";
import { locate, type NoWay, noWay } from "./locate.ts";
import { type Answer, answerOf, failure, type NetworkProbe, type Question, unasked, type Verdict } from "./question.ts";
import { verdictOfError } from "./socket-error.ts";
import type { Spot } from "./spot.ts";

/** How long a connection through the machine's side must stay open (D5). */
const holdMs = 600;
/** Our own timer that late = this process did not run: nothing can be said about the other one. */
const tolerableLagMs = 250;

type Askers = {
  readonly [K in NetworkProbe["kind"]]: (
    probe: Extract<NetworkProbe, { readonly kind: K }>,
    spot: Spot,
    signal: AbortSignal,
    holdMs: Ms,
  ) => Promise<Verdict>;
};

const askers: Askers = {
  http: (probe, spot, signal) => askHttp(spot, probe, signal),
  tcp: (_probe, spot, signal, hold) => askTcp(spot, hold, signal),
  postgres: (_probe, spot, signal) => askServer("postgres", spot, signal),
  redis: (_probe, spot, signal) => askServer("redis", spot, signal),
};

/** Asks one question from where this process is. Never throws, and is over `timeoutMs` after it began. */
export async function ask(question: Question): Promise<Answer> {
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), question.timeoutMs);
  try {
    const { target, probe, timeoutMs } = question;
    if (target.kind === "direct") {
      const spot = { address: target.host, name: target.host, port: target.port };
      return answerOf(await askSpot(probe, spot, deadline.signal, Math.min(holdMs, timeoutMs / 2)), elapsed());
    }
    const located = await locate(target, timeoutMs, deadline.signal);
    if ("verdict" in located) return answerFrom(located, elapsed());
    const spot = { ...located, name: target.name, port: probe.port };
    return answerOf(await askSpot(probe, spot, deadline.signal, 0), elapsed());
  } catch (error) {
    if (!deadline.signal.aborted) {
      const gone = isAddressGone(error) && question.target.kind === "network" ? noWay(question.target) : undefined;
      return answerFrom(gone ?? { verdict: verdictOfError(error) }, elapsed());
    }
    const lateMs = elapsed() - question.timeoutMs;
    const busy = lateMs > Math.max(tolerableLagMs, question.timeoutMs / 2);
    const verdict = busy ? unasked("this machine was too busy to ask") : failure(`no answer within ${showDuration(question.timeoutMs)}`);
    return answerOf(verdict, elapsed());
  } finally {
    clearTimeout(timer);
  }
}

function answerFrom(given: NoWay | { readonly verdict: Verdict }, latencyMs: Ms): Answer {
  return { ...answerOf(given.verdict, latencyMs), ...("uncovered" in given ? { uncovered: given.uncovered } : {}) };
}

/** The bridge whose address the question was bound to has gone. */
function isAddressGone(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === "EADDRNOTAVAIL";
}

async function askSpot<K extends NetworkProbe["kind"]>(
  probe: Extract<NetworkProbe, { readonly kind: K }>,
  spot: Spot,
  signal: AbortSignal,
  hold: Ms,
): Promise<Verdict> {
  const asker: Askers[K] = askers[probe.kind as K];
  return await asker(probe, spot, signal, hold);
}
