import type { Generation, GenerationUnit } from "../../src/domain/generation.ts";
import { digestLabel } from "../../src/domain/generation.ts";
import { emptyLedger } from "../../src/domain/ledger.ts";
import type { UnitState } from "../../src/domain/observed.ts";
import type { Policy } from "../../src/domain/policy.ts";
import type { Observed } from "../../src/plan/observed.ts";

/** Data for tests of the pure rooms: plain values, every field sensible, each test says only what it is about. */

/** Every key at its default: the test of loading compares with it. */
export const somePolicy: Policy = {
  startup: { kind: "unit" },
  readiness: { kind: "unit" },
  liveness: { kind: "unit" },
  periodMs: 10_000,
  timeoutMs: 1000,
  initialDelayMs: 0,
  failureThreshold: 3,
  successThreshold: 1,
  startupDeadlineMs: 120_000,
  minHealthyMs: 10_000,
  heal: "restart",
  graceMs: 10_000,
  restartBudget: { restarts: 5, windowMs: 600_000 },
  rollback: true,
  rehearse: "auto",
  generateSecrets: [],
};

/** `web.container`, `app.network` …: a unit of a generation, its text standing in for its digest. */
export function unitOf(file: string, more: Partial<GenerationUnit> = {}): GenerationUnit {
  const [name = "", type = "container"] = file.split(".") as [string, GenerationUnit["type"]];
  const text = more.text ?? `[${type[0]?.toUpperCase()}${type.slice(1)}]\nImage=a\n`;
  return {
    file,
    type,
    service: type === "container" ? `${name}.service` : `${name}-${type}.service`,
    object: `systemd-${name}`,
    digest: `digest of ${text}`,
    inputs: [],
    ports: [],
    after: [],
    requires: [],
    networks: [],
    volumes: [],
    ...(type === "container" ? { policy: somePolicy } : {}),
    ...more,
    text,
  };
}

export function generationOf(number: number, units: readonly GenerationUnit[]): Generation {
  return {
    schema: 1,
    stack: "demo",
    number,
    source: "/demo",
    digest: `${number}`,
    contentDigest: units.map((unit) => unit.digest).join(),
    generatorVersion: "5.4.2",
    createdAt: 0,
    units,
  };
}

export function stateOf(service: string, more: Partial<UnitState> = {}): UnitState {
  return {
    service,
    loadState: "loaded",
    activeState: "active",
    subState: "running",
    result: "success",
    execMainStatus: 0,
    mainPid: 42,
    restarts: 0,
    invocation: "a".repeat(32),
    sourcePath: "",
    fragmentPath: "",
    dropInPaths: [],
    activeSince: 1,
    stateChangedAt: 1,
    ...more,
  };
}

/** A machine on which this generation runs exactly as it should. */
export function running(generation: Generation, more: Partial<Observed> = {}): Observed {
  const labelled = (unit: GenerationUnit) => ({ name: unit.object, labels: { [digestLabel]: unit.digest } });
  return {
    ledger: { ...emptyLedger, current: generation.number, good: generation.number === 0 ? [] : [generation.number] },
    live: generation.number,
    current: generation,
    pending: undefined,
    known: new Map(generation.units.map((unit) => [unit.service, unit])),
    units: new Map(generation.units.map((unit) => [unit.service, stateOf(unit.service)])),
    containers: generation.units
      .filter((unit) => unit.type === "container")
      .map((unit) => ({ ...labelled(unit), id: "1", imageId: "2", state: "running", service: unit.service, networks: [] })),
    networks: generation.units
      .filter((unit) => unit.type === "network")
      .map((unit) => ({ ...labelled(unit), subnets: ["172.20.0.0/16"], gateways: ["172.20.0.1"], internal: false, dnsEnabled: true })),
    volumes: generation.units.filter((unit) => unit.type === "volume").map((unit) => ({ ...labelled(unit), mountPath: "/x" })),
    secrets: [],
    ...more,
  };
}
