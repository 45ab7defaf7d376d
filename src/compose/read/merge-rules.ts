/** Which keys merge otherwise than maps into maps and lists behind lists, and which lists hold each thing once. */
import { compilePatterns } from "./patterns.ts";

export type MergeRule =
  /** The later value counts, whatever it is. */
  | "replace"
  /** NAME=value, as a list or a map. */
  | "pairs"
  /** One text or a list of them. */
  | "list"
  | "hosts"
  | "build"
  /** A list of names or a map by name. */
  | "names"
  | "dependencies"
  | "logging"
  | "pools";

/** What tells one item of a list from another: of two that are the same, the later one takes the earlier one's place. */
export type Identity = "text" | "pair" | "port" | "mount" | "device" | "config" | "secret" | "envFile";

export type Rule = { readonly merge?: MergeRule; readonly once?: Identity };

const pairs: Rule = { merge: "pairs", once: "pair" };
const words: Rule = { merge: "list", once: "text" };

export const mergeRules = compilePatterns<Rule>({
  "services.*.annotations": pairs,
  "services.*.build": { merge: "build" },
  "services.*.build.additional_contexts": pairs,
  "services.*.build.args": pairs,
  "services.*.build.extra_hosts": { merge: "hosts" },
  "services.*.build.labels": pairs,
  "services.*.build.tags": { once: "text" },
  "services.*.cap_add": { once: "text" },
  "services.*.cap_drop": { once: "text" },
  "services.*.command": { merge: "replace" },
  "services.*.configs": { once: "config" },
  "services.*.depends_on": { merge: "dependencies" },
  "services.*.deploy.labels": pairs,
  "services.*.devices": { once: "device" },
  "services.*.dns": words,
  "services.*.dns_opt": words,
  "services.*.dns_search": words,
  "services.*.entrypoint": { merge: "replace" },
  "services.*.env_file": { merge: "list", once: "envFile" },
  "services.*.environment": pairs,
  "services.*.expose": { once: "text" },
  "services.*.extra_hosts": { merge: "hosts" },
  "services.*.healthcheck.test": { merge: "replace" },
  "services.*.label_file": words,
  "services.*.labels": pairs,
  "services.*.links": { once: "text" },
  "services.*.logging": { merge: "logging" },
  "services.*.models": { merge: "names" },
  "services.*.networks": { merge: "names" },
  "services.*.networks.*.aliases": { once: "text" },
  "services.*.networks.*.link_local_ips": { once: "text" },
  "services.*.ports": { once: "port" },
  "services.*.profiles": { once: "text" },
  "services.*.secrets": { once: "secret" },
  "services.*.sysctls": pairs,
  "services.*.tmpfs": { merge: "list", once: "text" },
  "services.*.ulimits.*": { merge: "replace" },
  "services.*.volumes": { once: "mount" },
  "networks.*.ipam.config": { merge: "pools" },
  "networks.*.labels": pairs,
  "volumes.*.labels": pairs,
});
