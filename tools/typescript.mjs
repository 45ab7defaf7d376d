// `node --import=./tools/typescript.mjs`: tests are run as they are written, without a bundle.
import { register } from "node:module";

register("./typescript-hooks.mjs", import.meta.url);
