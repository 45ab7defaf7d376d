/**
 * The key table: every key of the Compose Specification, what becomes of it, and what to do about those that are left out. It drives the
 * conversion and the report, and docs/reference/compose.md is written from it.
 */
import { buildKeys } from "./keys-build.ts";
import { joinKeys } from "./keys-join.ts";
import { limitKeys } from "./keys-limits.ts";
import { configKeys, networkKeys, projectKeys, secretKeys, volumeKeys } from "./keys-project.ts";
import { runKeys } from "./keys-run.ts";

export const serviceKeys = { ...runKeys, ...joinKeys, ...limitKeys };

/** The tables in the order of the reference, each with what its keys stand below. */
export const keyTables = {
  "": projectKeys,
  "services.*": serviceKeys,
  "services.*.build": buildKeys,
  "networks.*": networkKeys,
  "volumes.*": volumeKeys,
  "secrets.*": secretKeys,
  "configs.*": configKeys,
} as const;
