import type { Probe, ProbeOutcome, ProbeResult } from "../../domain/policy.ts";
import type { Ms } from "../../domain/words.ts";

/** A probe that is asked over a socket, by whichever process can reach it. */
export type NetworkProbe = Extract<Probe, { readonly kind: "http" | "tcp" | "postgres" | "redis" }>;

export type Target =
  /**
   * A container on a Podman network, seen from inside the rootless network namespace. One of the gateways answers its name;
   * where the network has no DNS the address is known already. `internal` = nobody may be let through its bridge.
   */
  | {
      readonly kind: "network";
      readonly gateways: readonly string[];
      readonly name: string;
      readonly internal: boolean;
      readonly address?: string;
    }
  /** A plain host and port, seen from where the asking process is. */
  | { readonly kind: "direct"; readonly host: string; readonly port: number };

export type Question = { readonly probe: NetworkProbe; readonly target: Target; readonly timeoutMs: Ms };

export type Verdict = { readonly outcome: ProbeOutcome; readonly detail: string };

/** `uncovered` = the namespace has no way to the network: `bare` = nothing but the loopback interface is left in it. */
export type Answer = ProbeResult & { readonly uncovered?: "bare" | "network" };

export const success = (detail: string): Verdict => ({ outcome: "success", detail });
export const failure = (detail: string): Verdict => ({ outcome: "failure", detail });
export const unasked = (detail: string): Verdict => ({ outcome: "error", detail });

/** An answer that took no asking. */
export function answerOf(verdict: Verdict, latencyMs: Ms = 0): ProbeResult {
  return { ...verdict, latencyMs: Math.round(latencyMs * 10) / 10 };
}
