import { connect } from "node:net";
import type { Ms } from "../../domain/words.ts";

/** The rootless port proxy accepts for a container where nobody listens, and hangs up a few milliseconds later. */
const staysMs = 600;

/** Whether somebody behind the port keeps a connection: opened within the time, and data came or it stayed open. */
export function accepts(address: string, port: number, timeoutMs: Ms): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: reachable(address), port });
    let timer = setTimeout(() => end(false), timeoutMs);
    const end = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => {
      clearTimeout(timer);
      timer = setTimeout(() => end(true), staysMs);
    });
    socket.once("data", () => end(true));
    socket.once("end", () => end(false));
    socket.once("close", () => end(false));
    socket.once("error", () => end(false));
  });
}

/** "Every address" is one to listen on, not to connect to. */
function reachable(address: string): string {
  const plain = address.replace(/^\[(.*)\]$/u, "$1");
  return ({ "": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1", "*": "127.0.0.1" } as Readonly<Record<string, string>>)[plain] ?? plain;
}
