import { check, count } from "./check.ts";

export const acceptedCheck = check(
  "accepted",
  "this machine's Podman and systemd would take the running units again: the same proof as before a deploy",
  ["observed", "preflight"],
  ({ observed, preflight }) => ({ seen: count(observed.current.units.length, "unit"), findings: preflight.issues, unchecked: [] }),
);
