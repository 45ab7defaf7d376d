import type { Ms, ServiceName, StackName } from "../domain/words.ts";
import type { News } from "./inbox.ts";

type Of<K extends News["kind"]> = Extract<News, { readonly kind: K }>;

/** News, sorted by what has to be done about it. */
export type Heard = {
  readonly relist: boolean;
  readonly ledgers: ReadonlySet<StackName>;
  /** Units to look at. */
  readonly units: ReadonlySet<ServiceName>;
  /** Stop jobs that ended and that were not ours. */
  readonly stops: readonly { readonly service: ServiceName; readonly atMs: Ms }[];
  readonly answers: readonly Of<"answer">[];
  readonly objects: Of<"objects"> | undefined;
  readonly tasks: readonly Of<"task-done">[];
  readonly reconciled: readonly (() => void)[];
};

export function sortNews(news: readonly News[]): Heard {
  const of = <K extends News["kind"]>(kind: K): readonly Of<K>[] => news.filter((one): one is Of<K> => one.kind === kind);
  const changes = of("change");
  const reconciled = of("reconcile").map(({ done }) => done);
  return {
    relist: reconciled.length > 0 || changes.some(({ change }) => change.kind === "relist"),
    ledgers: new Set(of("ledger").map(({ stack }) => stack)),
    units: new Set(changes.flatMap(({ change }) => (change.kind === "relist" ? [] : [change.service]))),
    stops: changes.flatMap(({ change, atMs }) =>
      change.kind === "job" && change.jobType === "stop" && !change.own ? [{ service: change.service, atMs }] : [],
    ),
    answers: of("answer"),
    objects: of("objects").at(-1),
    tasks: of("task-done"),
    reconciled,
  };
}
