/** Times of day, as cron writes them, always in UTC: a local hour may come twice a year, or not at all. */
export type Schedule = {
  /** What is wrong with an expression, undefined when nothing is. */
  readonly problem: (expression: string) => string | undefined;
  /** Runs the work at each of its times, never twice at once. */
  readonly start: (expression: string, work: () => Promise<void>) => ScheduledWork;
};

export type ScheduledWork = {
  /** Milliseconds since 1970. */
  readonly nextRun: () => number;
  readonly stop: () => void;
};
