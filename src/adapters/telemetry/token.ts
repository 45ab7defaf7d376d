import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { PhoenixError } from "../../domain/errors.ts";
import { withReason } from "../files/failure.ts";

const longestToken = 4096;

/** Reads a token from a file that only its owner can read. It is read for every batch, so a new one counts at once. */
export async function readToken(path: string): Promise<string> {
  const wrong = (what: string): PhoenixError => new PhoenixError("token-unusable", `Cannot use the token in ${path}: ${what}.`);
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw wrong("the file is not there");
    if (error.code === "ELOOP") throw wrong("it is a link");
    throw wrong(error.code === "EACCES" ? "permission is denied" : (error.code ?? error.message));
  });
  try {
    const found = await file.stat();
    if (!found.isFile()) throw wrong("it is not a file");
    if (found.uid !== process.getuid?.()) throw wrong("the file belongs to another user");
    if ((found.mode & 0o077) !== 0) throw wrong(`others may read it (mode ${(found.mode & 0o777).toString(8)})`);
    if (found.size > longestToken) throw wrong(`it is longer than ${longestToken} bytes`);
    const token = (await withReason(`read ${path}`, () => file.readFile("utf8"))).trim();
    // It becomes part of a header line.
    if (!/^[\x21-\x7e]+$/.test(token)) throw wrong("it must be one word of printable ASCII characters");
    return token;
  } finally {
    await file.close();
  }
}
