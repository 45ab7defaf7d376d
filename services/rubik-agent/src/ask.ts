import { get } from "node:http";

// The container's own health command: asks one address and ends with 0 or 1. The image has no curl.
const request = get(process.argv[2] ?? "http://127.0.0.1:3000/ready", { timeout: 2_000 }, (response) => {
  response.resume();
  process.exitCode = response.statusCode === 200 ? 0 : 1;
});
request.on("timeout", () => request.destroy(new Error("no answer within 2 s")));
request.on("error", (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
