import type { StepName } from "../domain/steps.ts";

export type FailpointMoment = "before" | "after";

/** Called around every step; `main` hands one in that kills the process where PHOENIX_FAILPOINT says, so that crash tests can stop at each place. */
export type Failpoint = (moment: FailpointMoment, step: StepName) => void;

export const noFailpoint: Failpoint = () => {};

/** `after:switch-link` -> a failpoint that runs `die` exactly there. */
export function failpointAt(text: string, die: () => void): Failpoint {
  return (moment, step) => {
    if (`${moment}:${step}` === text) die();
  };
}
