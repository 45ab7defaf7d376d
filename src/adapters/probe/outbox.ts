import type { Socket } from "node:net";
import type { Ms } from "../../domain/words.ts";

/** Lines on their way to the other side. */
export type Outbox = {
  /** `sent` is called when the line has left this process. */
  readonly put: (line: string, sent?: () => void) => void;
  /** Sends what is held now. */
  readonly flush: () => void;
};

/** Sends lines that come within `holdMs` of each other as one: waking the other side costs more than reading ten lines there. */
export function openOutbox(socket: Socket, holdMs: Ms): Outbox {
  let held: { readonly line: string; readonly sent: (() => void) | undefined }[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const leaving = held;
    held = [];
    if (leaving.length === 0 || !socket.writable) return;
    socket.write(leaving.map(({ line }) => line).join(""), () => {
      for (const { sent } of leaving) sent?.();
    });
  };
  return {
    put: (line, sent) => {
      held.push({ line, sent });
      timer ??= setTimeout(flush, holdMs);
    },
    flush,
  };
}
