import { ask } from "./ask.ts";
import { answerOf, unasked } from "./question.ts";
import { type Leftovers, reap } from "./reap.ts";
import { readQuestion } from "./wire.ts";

/**
 * `phoenix probe-once`: one order from stdin, one line of JSON to stdout. It is this program started by itself inside a namespace
 * that the agent is not in, so the order is trusted to be well formed; a question is still read with care.
 */
export type Order = { readonly ask: unknown } | { readonly reap: Leftovers };

/** Reads the order, carries it out, prints the outcome. */
export async function runProbeOnce(): Promise<void> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk;
  process.stdout.write(`${JSON.stringify(await carryOut(JSON.parse(text) as Order))}\n`);
}

async function carryOut(order: Order): Promise<unknown> {
  if ("reap" in order) return { killed: reap(order.reap) };
  const question = readQuestion(order.ask);
  return question === undefined ? answerOf(unasked("not a question")) : await ask(question);
}
