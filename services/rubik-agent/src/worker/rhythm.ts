export type Rhythm = {
  /** Does not wait for the next turn. */
  readonly poke: () => void;
  /** When the last turn ended, well or not; on the clock of performance.now(). */
  readonly turnedAt: () => number;
  /** No more turns; resolves when the one under way has ended. */
  readonly stop: () => Promise<void>;
};

export type RhythmOptions = {
  /** What is done, for the sentence when it fails: "claim tasks". */
  readonly what: string;
  readonly everyMs: number;
  /** True = there is more to do, go on at once. */
  readonly work: () => Promise<unknown>;
  readonly say: (line: string) => void;
};

/** Does something again and again, never twice at a time. A failure is said when it begins and when it is over, not at every turn. */
export function keepDoing({ what, everyMs, work, say }: RhythmOptions): Rhythm {
  let stopped = false;
  let poked = false;
  let wake: () => void = () => {};
  let turnedAt = performance.now();
  let failure: string | undefined;

  async function turn(): Promise<boolean> {
    try {
      const more = (await work()) === true;
      if (failure !== undefined) say(`Can ${what} again.`);
      failure = undefined;
      return more;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (failure === undefined && !stopped) say(`Cannot ${what}: ${reason}. Trying again every ${everyMs / 1000} s.`);
      failure = reason;
      return false;
    } finally {
      turnedAt = performance.now();
    }
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, everyMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function turns(): Promise<void> {
    while (!stopped) {
      poked = false;
      // A failed turn pauses even when somebody pokes: the database is not asked faster because it is away.
      const more = await turn();
      if (!stopped && !more && (!poked || failure !== undefined)) await pause();
    }
  }

  const end = turns();
  return {
    poke: () => {
      poked = true;
      if (failure === undefined) wake();
    },
    turnedAt: () => turnedAt,
    stop: async () => {
      stopped = true;
      wake();
      await end;
    },
  };
}
