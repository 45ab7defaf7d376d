import type { PublishedPort } from "../../domain/policy.ts";
import { check, count, finding } from "./check.ts";

export const publishedCheck = check("ports", "every published TCP port answers from this machine", ["published"], ({ published }) => ({
  seen: count(published.filter(({ result }) => result !== undefined && result.outcome !== "error").length, "published port"),
  findings: published
    .filter(({ result }) => result?.outcome === "failure")
    .map(({ unit, port, result }) => finding("port-silent", unit, `${unit.service} does not answer at ${show(port)}: ${result?.detail}.`)),
  unchecked: published.flatMap(({ port, result }) => {
    if (result === undefined) return [`${show(port)}/${port.protocol}: nobody can tell whether it is listened to`];
    return result.outcome === "error" ? [`${show(port)}: ${result.detail}`] : [];
  }),
}));

function show({ hostAddress, hostPort }: PublishedPort): string {
  return `${hostAddress === "" ? "*" : hostAddress}:${hostPort}`;
}
