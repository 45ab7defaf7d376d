// The sandbox of this checkout's system tests, for `npm test`: it boots while the unit tests run.
import { bootSandbox } from "./machine.ts";

await bootSandbox();
