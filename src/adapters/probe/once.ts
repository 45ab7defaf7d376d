import type { Attempt, NameQuestion } from "../../ports/closeLook.ts";
import { ask } from "./ask.ts";
import { lookAt, reachAll, resolveAll } from "./inside.ts";
import { answerOf, unasked } from "./question.ts";
import { type Leftovers, reap } from "./reap.ts";
import { readQuestion } from "./wire.ts";

/**
 * `phoenix probe-once`: one order from stdin, one line of JSON to stdout. It is this program started by itself inside a namespace
 * that the agent is not in, so the order is trusted to be well formed; a question is still read with care.
 */
export type Order =
  | { readonly ask: unknown }
  | { readonly reap: Leftovers }
  | { readonly reach: readonly Attempt[] }
  | { readonly resolve: readonly NameQuestion[]; readonly timeoutMs: number }
  | { readonly look: { readonly folders: readonly string[]; readonly pids: readonly number[] } };

/** Reads the order, carries it out, prints the outcome. */
export async function runProbeOnce(): Promise<void> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk;
  process.stdout.write(`${JSON.stringify(await carryOut(JSON.parse(text) as Order))}\n`);
}

async function carryOut(order: Order): Promise<unknown> {
  if ("reap" in order) return { killed: reap(order.reap) };
  if ("reach" in order) return await reachAll(order.reach);
  if ("resolve" in order) return await resolveAll(order.resolve, order.timeoutMs);
  if ("look" in order) return await lookAt(order.look.folders, order.look.pids);
  const question = readQuestion(order.ask);
  return question === undefined ? answerOf(unasked("not a question")) : await ask(question);
}
