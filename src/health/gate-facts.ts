import type { JobResult, UnitState } from "../domain/observed.ts";
import type { Policy, Probe, ProbeResult, PublishedPort } from "../domain/policy.ts";
import type { Ms, ServiceName } from "../domain/words.ts";
import type { ExitCount } from "./gate-exits.ts";
import type { ProbeRole } from "./roles.ts";
import type { Run } from "./run.ts";
import type { ServiceHealth } from "./service.ts";

/** One service that a gate looks at. */
export type GateSubject = {
  readonly service: ServiceName;
  readonly policy: Policy;
  /** affected = the change starts or restarts it; dependent = needs one of those; dependency = only looked at, to excuse its dependents. */
  readonly role: "affected" | "dependent" | "dependency";
  /** The job that the change runs for it: its result is awaited, and after a restart a new invocation. */
  readonly job: "start" | "restart" | "none";
  /** Services it starts after; those that are no subjects are ignored. */
  readonly after: readonly ServiceName[];
  readonly ports: readonly PublishedPort[];
  /** Type=oneshot: done with its first success, whether or not it remains active. */
  readonly oneshot: boolean;
  /** Its state before the change touched anything. A dependent that did not run then is not judged. */
  readonly before: UnitState;
};

export type GateObservation =
  | { readonly kind: "unit"; readonly service: ServiceName; readonly atMs: Ms; readonly unit: UnitState }
  | { readonly kind: "job-started"; readonly service: ServiceName; readonly atMs: Ms }
  /** A start or restart job of ours ended. */
  | { readonly kind: "job"; readonly service: ServiceName; readonly atMs: Ms; readonly result: JobResult }
  | {
      readonly kind: "probe";
      readonly service: ServiceName;
      readonly atMs: Ms;
      readonly invocation: string;
      readonly roles: readonly ProbeRole[];
      readonly result: ProbeResult;
    }
  | {
      readonly kind: "port";
      readonly service: ServiceName;
      readonly atMs: Ms;
      readonly invocation: string;
      readonly port: PublishedPort;
      readonly result: ProbeResult;
    };

/** Something the gate wants to know next. Hand the answer to `gateObserve`, with the same invocation. */
export type GateQuestion =
  | {
      readonly kind: "probe";
      readonly service: ServiceName;
      readonly invocation: string;
      readonly probe: Probe;
      readonly roles: readonly ProbeRole[];
      readonly atMs: Ms;
    }
  /** Through the host: `probe` where the http probe fits this port, else whether the port accepts and stays open. */
  | {
      readonly kind: "port";
      readonly service: ServiceName;
      readonly invocation: string;
      readonly port: PublishedPort;
      readonly address: string;
      readonly probe: Probe | undefined;
      readonly atMs: Ms;
    };

/** What is known about one subject. */
export type SubjectFacts = {
  readonly subject: GateSubject;
  readonly health: ServiceHealth;
  readonly jobStartedAtMs: Ms | undefined;
  readonly jobResult: JobResult | undefined;
  /** First sight of a run that began after the gate did. */
  readonly startedAtMs: Ms | undefined;
  readonly exits: ExitCount;
  readonly firstReadyAtMs: Ms | undefined;
  /** Since when it is down with nobody about to start it. */
  readonly deadSinceMs: Ms | undefined;
  /** Answers of published ports by host address and port, of this invocation. */
  readonly ports: ReadonlyMap<string, Run>;
};

export type GateState = { readonly startedAtMs: Ms; readonly facts: ReadonlyMap<ServiceName, SubjectFacts> };

/** A service whose failure does not fail the gate (`Rollback=no`), and what is wrong with it. */
export type Tolerated = { readonly service: ServiceName; readonly because: string };

export type GateVerdict = {
  readonly verdict: "waiting" | "passed" | "failed";
  readonly because: string;
  /** The root cause, or who is waited for. */
  readonly service?: ServiceName;
  /** When the verdict may change without any new observation, monotonic. */
  readonly nextLookMs: Ms;
  /** Services that went down with a dependency which is back: whoever waits for the gate should start them. */
  readonly stranded: readonly ServiceName[];
  /** Services without any probe: nothing but systemd's word stands behind them. */
  readonly systemdOnly: readonly ServiceName[];
  readonly tolerated: readonly Tolerated[];
};
