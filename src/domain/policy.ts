import type { Ms } from "./words.ts";

/** One health question. No `host` means the container itself. */
export type Probe =
  | { readonly kind: "http"; readonly tls: boolean; readonly host?: string; readonly port: number; readonly path: string }
  | { readonly kind: "tcp"; readonly host?: string; readonly port: number }
  | { readonly kind: "postgres"; readonly host?: string; readonly port: number }
  | { readonly kind: "redis"; readonly host?: string; readonly port: number }
  | { readonly kind: "exec"; readonly argv: readonly string[] }
  /** The container's own HealthCmd, through `podman healthcheck run`. */
  | { readonly kind: "podman" }
  /** systemd's word that the unit is active: proves only that a process exists. */
  | { readonly kind: "unit" };

export type ProbeKind = Probe["kind"];

/** The health policy of one service, all defaults filled in ([X-Phoenix] in docs/reference/x-phoenix.md). */
export type Policy = {
  readonly startup: Probe;
  readonly readiness: Probe;
  readonly liveness: Probe;
  readonly periodMs: Ms;
  readonly timeoutMs: Ms;
  readonly initialDelayMs: Ms;
  /** Results in a row. */
  readonly failureThreshold: number;
  readonly successThreshold: number;
  readonly startupDeadlineMs: Ms;
  readonly minHealthyMs: Ms;
  readonly heal: "restart" | "none";
  /** Time for a clean stop when healing; then the whole unit is killed. */
  readonly graceMs: Ms;
  readonly restartBudget: { readonly restarts: number; readonly windowMs: Ms };
  /** Whether this service's failure fails the gate. */
  readonly rollback: boolean;
  readonly rehearse: "auto" | "yes" | "no";
  /** Podman secrets to create before the first start. */
  readonly generateSecrets: readonly string[];
};

/** Where a probe of a service is sent from (D8). `plan` and `why` print it. */
export type ProbeRoute =
  /** From inside the rootless network namespace, to the container's name at the network's own DNS. */
  | { readonly via: "prober"; readonly network: string; readonly name: string }
  /** From the machine itself: an explicit host, a host-network container, or a published port. */
  | { readonly via: "host"; readonly host: string; readonly port: number }
  /** Inside the container's own namespaces (pasta without a published port). */
  | { readonly via: "namespace"; readonly container: string }
  /** `podman exec` / `podman healthcheck run`. */
  | { readonly via: "container"; readonly container: string }
  | { readonly via: "systemd" };

/** success = said yes, failure = said no, error = could not ask (never counts). */
export type ProbeOutcome = "success" | "failure" | "error";

export type ProbeResult = {
  readonly outcome: ProbeOutcome;
  /** One short sentence: "HTTP 500", "connection refused", "no interface covers 172.20.0.5". */
  readonly detail: string;
  readonly latencyMs: Ms;
};

/** A TCP port that a unit publishes on the host, as `PublishPort=` says. */
export type PublishedPort = {
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp";
};
