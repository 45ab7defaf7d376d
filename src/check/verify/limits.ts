import { lookupLast } from "../../quadlet/document.ts";
import { parseDocument } from "../../quadlet/parse.ts";
import { check, count } from "./check.ts";

/** Settings of `[Service]` and the cgroup controller without which systemd accepts and ignores them. */
const controllerOf: Readonly<Record<string, string>> = {
  MemoryMax: "memory",
  MemoryHigh: "memory",
  MemorySwapMax: "memory",
  CPUQuota: "cpu",
  CPUWeight: "cpu",
  AllowedCPUs: "cpuset",
  IOWeight: "io",
  TasksMax: "pids",
};

export const limitsCheck = check(
  "limits",
  "the resource limits in [Service] are enforced: their cgroup controllers are delegated to this user",
  ["observed", "controllers"],
  ({ observed, controllers }) => {
    const asked = observed.current.units.flatMap((unit) => {
      const { document } = parseDocument(unit.text, unit.file);
      if (document === undefined) return [];
      return Object.keys(controllerOf)
        .filter((key) => lookupLast(document, "Service", key) !== undefined)
        .map((key) => ({ service: unit.service, key }));
    });
    const lacking = asked.filter(({ key }) => controllers === undefined || !controllers.includes(controllerOf[key] ?? ""));
    const enforced = asked.length - lacking.length;
    return {
      seen: asked.length === 0 ? "no limit is asked for" : enforced === 0 ? "" : count(enforced, "limit"),
      findings: [],
      unchecked: [...new Set(lacking.map(({ key }) => key))].map((key) => {
        const who = lacking.flatMap((one) => (one.key === key ? [one.service] : [])).join(", ");
        if (controllers === undefined) return `${key} of ${who}: this machine does not say which controllers are delegated`;
        const delegated = controllers.length === 0 ? "no controller is delegated" : `only ${controllers.join(", ")} are delegated`;
        return `${key} of ${who} is not enforced here: ${delegated} to this user`;
      }),
    };
  },
);
