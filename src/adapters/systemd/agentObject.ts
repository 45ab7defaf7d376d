import { Message } from "dbus-next";
import { PhoenixError } from "../../domain/errors.ts";
import type { StackName } from "../../domain/words.ts";
import { type Bus, daemonCall } from "./bus.ts";
import { ownerPid } from "./busName.ts";
import { answer, type ExportedObject } from "./exported.ts";

export const agentName = "io.phoenix.Agent";
export const agentPath = "/io/phoenix/Agent";
export const agentInterface = "io.phoenix.Agent1";

export type AgentWork = {
  readonly version: string;
  /** What `Status()` answers, as JSON. */
  readonly status: () => Promise<unknown>;
  readonly reconcile: () => Promise<void>;
};

export type AgentObject = {
  readonly emitEvent: (stack: StackName, event: string, detail: unknown) => void;
  readonly emitStatus: (stack: StackName, status: unknown) => void;
  readonly close: () => Promise<void>;
};

const doNotQueue = 4;
const signals = {
  Event: [
    { name: "stack", type: "s" },
    { name: "event", type: "s" },
    { name: "json", type: "s" },
  ],
  StatusChanged: [
    { name: "stack", type: "s" },
    { name: "json", type: "s" },
  ],
} as const satisfies ExportedObject["signals"];

/** Puts the agent on the bus, also after the bus was restarted. Fails with `agent-running` when another one is there already. */
export async function exportAgent(bus: Bus, work: AgentWork): Promise<AgentObject> {
  const startedAtUs = BigInt(Date.now()) * 1000n;
  const object: ExportedObject = {
    path: agentPath,
    interface: agentInterface,
    methods: {
      Status: { out: [{ name: "json", type: "s" }], run: async () => [JSON.stringify((await work.status()) ?? null)] },
      Ping: { out: [], run: async () => [] },
      Reconcile: { out: [], run: async () => work.reconcile().then(() => []) },
    },
    properties: {
      Version: { type: "s", read: () => work.version },
      /** Microseconds since 1970, as systemd writes times. */
      StartedAt: { type: "t", read: () => startedAtUs },
    },
    signals,
  };
  const stopServing = bus.serve((call) => answer(object, call, bus.send));
  const forget = await bus
    .onConnect(async (connection) => {
      const [taken] = await connection.call(daemonCall("RequestName", "su", [agentName, doNotQueue]));
      if (taken === 1 || taken === 4) return;
      const pid = await ownerPid(connection, agentName);
      throw new PhoenixError("agent-running", `Cannot be the agent: process ${pid ?? "unknown"} is it already.`);
    })
    .catch((error: unknown) => {
      stopServing();
      throw error;
    });

  const emit = (signal: keyof typeof signals, body: readonly string[]): void => {
    bus.send(Message.newSignal(agentPath, agentInterface, signal, "s".repeat(signals[signal].length), [...body]));
  };
  return {
    emitEvent: (stack, event, detail) => emit("Event", [stack, event, JSON.stringify(detail ?? null)]),
    emitStatus: (stack, status) => emit("StatusChanged", [stack, JSON.stringify(status ?? null)]),
    close: async () => {
      forget();
      stopServing();
      await bus.call(daemonCall("ReleaseName", "s", [agentName], 1_000)).catch(() => undefined);
    },
  };
}
