import { get } from "node:http";

/** Whether a service says that it is ready, within a second. */
export function isReady(service: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: service, port, path: "/ready", agent: false, signal: AbortSignal.timeout(1_000) }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("error", () => resolve(false));
  });
}
