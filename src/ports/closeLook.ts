import type { ContainerDetail, ReachOutcome, VolumeDetail } from "../domain/observed.ts";
import type { Ms } from "../domain/words.ts";

/** What only a close look tells. Each question costs a process or two, so only `verify` and `volumes` ask. */
export type CloseLook = {
  /** Those of the named containers that run. */
  readonly containers: (names: readonly string[]) => Promise<readonly ContainerDetail[]>;
  readonly volumes: () => Promise<readonly VolumeDetail[]>;
  /** What the DNS of a network says, asked from inside the rootless network namespace; addresses are empty for an unknown name. */
  readonly resolve: (questions: readonly NameQuestion[]) => Promise<readonly NameAnswer[]>;
  /** Tries from inside a container's network namespace, all at once. */
  readonly reach: (containerPid: number, attempts: readonly Attempt[]) => Promise<readonly ReachOutcome[]>;
  /** The cgroup controllers that the user manager may use; undefined where that cannot be told. */
  readonly controllers: () => Promise<readonly string[] | undefined>;
};

export type NameQuestion = { readonly server: string; readonly name: string };
export type NameAnswer = { readonly addresses: readonly string[] } | { readonly unknown: string };

/** `route` only asks the kernel for a way to the address: no packet leaves. */
export type Attempt =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly timeoutMs: Ms }
  | { readonly kind: "route"; readonly host: string };
