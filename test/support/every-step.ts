/**
 * A stack whose every whole change goes through every step of a deploy: its network is made anew (so `web`, which uses it, stops and starts),
 * `side` restarts and needs a secret that was not there before, and a job comes with every third variant and goes with the next.
 */
import type { StepName } from "../../src/domain/steps.ts";
import type { Machine } from "./machine.ts";

export type EveryStep = {
  readonly stack: string;
  readonly port: number;
  /** Writes the source of a change. */
  readonly write: (variant: number, options?: VariantOptions) => Promise<void>;
};

export type VariantOptions = {
  /** It starts as it should and fails while the gate waits: `side` exits after two seconds. */
  readonly broken?: boolean;
  /** More environment of `web`. */
  readonly web?: string;
  /** `Rehearse=` of web. */
  readonly rehearse?: "yes" | "no";
  /** Only `web` changes, and restarts: no network, secret or other container is made anew. */
  readonly light?: boolean;
};

/** What comes before a step is what the one before left, which a whole change shows: these are met by a light one as well. */
const inLightChange: readonly StepName[] = [
  "record-pending",
  "switch-link",
  "reload-manager",
  "check-loaded",
  "restart-unit",
  "await-gate",
  "record-good",
];

/** Failpoints before the steps of a light change need no more than that. */
export function changeFor(moment: "before" | "after", step: StepName): VariantOptions {
  return { light: moment === "before" && inLightChange.includes(step) };
}

export const everyStepImage = "localhost/every-step:1";

/** In the user's home, in a folder named like the stack. */
export function everyStep(m: Machine, stack: string, port: number): EveryStep {
  const container = (lines: readonly string[], policy: readonly string[]): string =>
    [
      ...["[Container]", `Image=${everyStepImage}`, ...lines],
      ...["[X-Phoenix]", "Period=500ms", "StartupDeadline=10s", ...policy, ""],
    ].join("\n");
  /** The last variant that was not a light one. */
  let whole = 0;
  const files = (
    variant: number,
    { broken = false, web = "MODE=serve", rehearse = "no" }: VariantOptions,
  ): Readonly<Record<string, string>> => ({
    [`${stack}-net.network`]: `[Network]\nLabel=variant=${whole}\n`,
    [`${stack}-data.volume`]: "[Volume]\n",
    [`${stack}-web.container`]: container(
      [
        ...[`Network=${stack}-net.network`, `PublishPort=127.0.0.1:${port}:8080`, `Volume=${stack}-data.volume:/data`],
        `Environment=VERSION=${variant}`,
        `Environment=${web}`,
      ],
      ["MinHealthy=500ms", "Readiness=http://:8080/health", `Rehearse=${rehearse}`],
    ),
    [`${stack}-side.env`]: `VARIANT=${whole}\n`,
    [`${stack}-side.container`]: container(
      [
        ...["Network=none", `EnvironmentFile=./${stack}-side.env`, `Secret=${stack}-token-${whole}`],
        ...(broken ? ["Environment=EXIT_AFTER=2", "Environment=EXIT_CODE=127"] : []),
      ],
      [broken ? "MinHealthy=8s" : "MinHealthy=500ms", `GenerateSecret=${stack}-token-${whole}`],
    ),
    // Comes and goes; not in each of them, for the time it takes.
    ...(whole % 3 === 0 ? { [`${stack}-job.container`]: container(["Network=none"], ["MinHealthy=500ms"]) } : {}),
  });
  return {
    stack,
    port,
    write: async (variant, options = {}) => {
      if (options.light !== true) whole = variant;
      const parts = Object.entries(files(variant, options)).map(([name, text]) => `cat >${stack}/${name} <<'END'\n${text}END\n`);
      await m.stdout(`rm -rf ${stack}; mkdir -p ${stack}\n${parts.join("")}`);
    },
  };
}
