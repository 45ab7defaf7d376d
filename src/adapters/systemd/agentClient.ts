import { PhoenixError } from "../../domain/errors.ts";
import type { Ms } from "../../domain/words.ts";
import { agentInterface, agentName, agentPath } from "./agentObject.ts";
import type { Bus } from "./bus.ts";
import { names, refusalOf } from "./failure.ts";

const deadlineMs: Ms = 1_000;

/** The agent's own view of everything, undefined when no agent runs. Never starts one; `agent-silent` when it does not answer. */
export async function askAgent(bus: Bus): Promise<unknown> {
  const reply = await callAgent(bus, "Status", deadlineMs);
  if (reply === undefined) return undefined;
  try {
    return JSON.parse(String(reply[0]));
  } catch (cause) {
    throw new PhoenixError("agent-silent", "The agent's answer is not JSON.", { cause });
  }
}

/** Makes the agent look at everything now; false when no agent runs. */
export async function askReconcile(bus: Bus, timeoutMs: Ms = 10_000): Promise<boolean> {
  return (await callAgent(bus, "Reconcile", timeoutMs)) !== undefined;
}

/** Is an agent there? Costs one question to the bus, none to the agent. */
export async function agentRuns(bus: Bus): Promise<boolean> {
  const [owned] = await bus.call({
    destination: "org.freedesktop.DBus",
    path: "/org/freedesktop/DBus",
    interface: "org.freedesktop.DBus",
    member: "NameHasOwner",
    signature: "s",
    body: [agentName],
    timeoutMs: deadlineMs,
  });
  return owned === true;
}

/** Hears the agent's `Event` and `StatusChanged` signals. */
export function followAgent(bus: Bus, told: (signal: string, values: readonly string[]) => void): Promise<() => void> {
  return bus.listen(`type='signal',interface='${agentInterface}',path='${agentPath}'`, (signal) => {
    if (signal.interface === agentInterface && signal.path === agentPath) told(signal.member, signal.body.map(String));
  });
}

async function callAgent(bus: Bus, member: string, timeoutMs: Ms): Promise<readonly unknown[] | undefined> {
  try {
    return await bus.call({ destination: agentName, path: agentPath, interface: agentInterface, member, timeoutMs, noAutoStart: true });
  } catch (error) {
    const refusal = refusalOf(error);
    // NoReply: it ended while it was being asked.
    if (refusal === names.serviceUnknown || refusal === names.nameHasNoOwner || refusal === names.noReply) return undefined;
    if (error instanceof PhoenixError && error.code === "bus-timeout") {
      throw new PhoenixError("agent-silent", `The agent runs, but did not answer ${member} in time.`, { cause: error });
    }
    throw error;
  }
}
