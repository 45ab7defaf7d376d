import { homedir } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { homesOf, statePaths } from "../adapters/files/statePaths.ts";
import { httpSink } from "../adapters/telemetry/sink.ts";
import { spoolFiles } from "../adapters/telemetry/spoolFiles.ts";
import { readToken } from "../adapters/telemetry/token.ts";
import type { LoopOptions } from "../agent/loopOptions.ts";
import type { TelemetryConfig } from "../agent/telemetry/config.ts";
import { type Happening, happeningOf } from "../agent/telemetry/item.ts";
import { type Observation, samplesOf } from "../agent/telemetry/samples.ts";
import type { TelemetryStatus } from "../agent/telemetry/status.ts";
import { startTelemetry, type Telemetry } from "../agent/telemetry/telemetry.ts";
import type { Ms } from "../domain/words.ts";
import type { Rng } from "../heal/backoff.ts";
import type { Ports } from "../ports/ports.ts";

export type TelemetryRunner = {
  /** Starts, stops, or starts anew; nothing when the config is the same as before. */
  readonly configure: (config: TelemetryConfig | undefined) => Promise<void>;
  readonly observed: (observation: Observation, relistMs: Ms) => void;
  readonly recorded: (lines: Parameters<LoopOptions["recorded"]>[0]) => void;
  readonly status: () => TelemetryStatus;
  readonly stop: () => Promise<void>;
};

/** What happened so lately may have happened while no agent was there to tell. */
const recentMs: Ms = 86_400_000;
const mostRecent = 200;

/** Telemetry as the config wants it. While it is off it has no timer, no file and no memory. */
export function telemetryRunner(rng: Rng, { clock, journal, history }: Pick<Ports, "clock" | "journal" | "history">): TelemetryRunner {
  const paths = statePaths(homesOf(process.env, homedir()));
  let wanted: TelemetryConfig | undefined;
  let configured = Promise.resolve();
  let running: Telemetry | undefined;

  /** The newest events are sent again at each start: the sink knows those that it has. */
  const recentEvents = async (): Promise<readonly Happening[]> => {
    const found: Happening[] = [];
    for (const stack of await history.stacks()) {
      const { lines } = await history.read(stack);
      const recent = lines.slice(-mostRecent).filter(({ at }) => clock.now() - at <= recentMs);
      found.push(...recent.flatMap((line) => happeningOf(stack, line) ?? []));
    }
    return found;
  };
  const stop = async (): Promise<void> => {
    const last = running;
    running = undefined;
    await last?.stop();
  };
  const start = (config: TelemetryConfig): void => {
    const tokenPath = config.tokenFile?.replace(/^~(?=\/)/, homedir());
    const sink = httpSink({ url: config.url, readToken: tokenPath === undefined ? undefined : () => readToken(tokenPath) });
    const telemetry = startTelemetry(config, { sink, files: spoolFiles(paths), clock, journal, rng });
    running = telemetry;
    void recentEvents()
      .then(telemetry.put)
      .catch((error: unknown) => journal.say(4, `Telemetry: ${error instanceof Error ? error.message : String(error)}`));
  };

  return {
    configure: async (config) => {
      // One after the other: two reloads in a row must not leave two of them running.
      configured = configured.then(async () => {
        if (isDeepStrictEqual(config, wanted)) return;
        wanted = config;
        await stop();
        if (config !== undefined) start(config);
      });
      await configured;
    },
    observed: (observation, relistMs) => {
      if (running === undefined) return;
      running.put(samplesOf(observation, { now: clock.now(), nowMs: clock.monotonic(), relistMs }));
    },
    recorded: (lines) => running?.put(lines.flatMap(({ stack, line }) => happeningOf(stack, line) ?? [])),
    status: () => running?.status() ?? { state: "off" },
    stop,
  };
}
