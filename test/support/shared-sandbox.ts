// `up` or `down`: the sandbox of this checkout's system tests, for `npm test`, where it boots while the unit tests run.
import { sandboxDown } from "../../src/sandbox/down.ts";
import { bootSandbox, sharedName } from "./machine.ts";

if (process.argv[2] === "down") await sandboxDown({ name: sharedName });
else await bootSandbox();
