import { PhoenixError } from "../../domain/errors.ts";

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left on the device",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EIO: "the disk reports an error",
  EXDEV: "it lies on another file system",
  EMFILE: "too many files are open",
};

/** Runs file work; what the operating system refuses becomes an error of ours that names the path. */
export async function withReason<T>(purpose: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PhoenixError || codeOf(error) === undefined) throw error;
    const { code = "", path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
    const where = dest ?? path;
    throw new PhoenixError("state-unwritable", `Cannot ${purpose}: ${reasons[code] ?? code}${where === undefined ? "" : ` (${where})`}.`, {
      cause: error,
    });
  }
}

/** `ENOENT` and the like; undefined for what is no answer of the operating system. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** The work's result, or undefined when the file is not there. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}
