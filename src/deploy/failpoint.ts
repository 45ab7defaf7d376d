import type { StepName } from "../domain/steps.ts";

export type FailpointMoment = "before" | "after";

/** A step, or the one instant of `phoenix volumes import`. */
export type FailpointPlace = StepName | "exchange-data";

/** Called around each of them; `main` hands one in that kills the process where PHOENIX_FAILPOINT says, so that crash tests can stop at each place. */
export type Failpoint = (moment: FailpointMoment, place: FailpointPlace) => void;

export const noFailpoint: Failpoint = () => {};

/**
 * `after:switch-link` -> a failpoint that runs `die` exactly there; `after:switch-link#2` -> there, but only the second time, which is
 * how a test stops on the way back.
 */
export function failpointAt(text: string, die: () => void): Failpoint {
  const [place, count = "1"] = text.split("#");
  let left = Number(count);
  return (moment, step) => {
    if (`${moment}:${step}` !== place) return;
    left -= 1;
    if (left === 0) die();
  };
}
