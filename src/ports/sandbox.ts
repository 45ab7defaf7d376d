/** The throw-away machine, as the command line may ask for it. `name` tells several apart. */
export type Sandbox = {
  readonly up: (options: {
    readonly name: string;
    readonly ports?: readonly number[];
    readonly bindReadOnly?: readonly { readonly hostPath: string; readonly path: string }[];
    readonly onProgress: (line: string) => void;
  }) => Promise<unknown>;
  readonly run: (options: {
    readonly name: string;
    readonly user: string;
    readonly argv: readonly [string, ...string[]];
  }) => Promise<{ readonly exitCode: number }>;
  readonly down: (options: {
    readonly name: string;
    readonly delete: boolean;
    readonly onProgress: (line: string) => void;
  }) => Promise<void>;
  readonly status: (options: { readonly name: string }) => Promise<unknown>;
  /** Stand-ins for these image references, made from Debian packages and loaded for the user. */
  readonly images: (options: {
    readonly name: string;
    readonly references: readonly string[];
    readonly user: string;
    readonly onProgress: (line: string) => void;
  }) => Promise<void>;
};
