import { createTask, type Logger, validateDetailed } from "node-cron";
import type { Schedule } from "../../ports/schedule.ts";
import type { Journal } from "../../ports/store.ts";

/** node-cron as the `Schedule` port. Its own logger prints colours to stdout, which the journal would keep. */
export function cronSchedule(journal: Pick<Journal, "say">): Schedule {
  const warn = (message: string | Error): void => journal.say(4, `schedule: ${message instanceof Error ? message.message : message}`);
  const quiet = (): void => {};
  const logger: Logger = { info: quiet, debug: quiet, warn, error: warn };
  return {
    problem: (expression) => {
      const { valid, errors } = validateDetailed(expression);
      return valid ? undefined : errors.map(({ field, message }) => `${field}: ${message}`).join("; ") || "it is not a cron expression";
    },
    start: (expression, work) => {
      const task = createTask(expression, work, { timezone: "UTC", noOverlap: true, unref: true, logger, suppressMissedWarning: true });
      void task.start();
      return {
        nextRun: () => task.getNextRun()?.getTime() ?? Number.POSITIVE_INFINITY,
        stop: () => void task.destroy(),
      };
    },
  };
}
