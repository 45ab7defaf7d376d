import { isIP } from "node:net";
import type { ProbeOutcome } from "../../domain/policy.ts";
import type { Answer, NetworkProbe, Question, Target } from "./question.ts";

/**
 * The prober's protocol: one JSON object a line, both ways, answers in any order. Read by hand: a schema library would double the
 * prober's memory, and every field is checked because the other side may be an older or newer Phoenix.
 */
export type WireRequest = { readonly id: number; readonly question: Question };
export type WireAnswer = { readonly id: number; readonly answer: Answer };

export const longestLine = 64 * 1024;
const longestTimeoutMs = 600_000;

/** Cuts a byte stream into lines. Returns false from then on when a line is too long: the connection cannot be trusted any more. */
export function lineReader(line: (text: string) => void): (chunk: string) => boolean {
  let rest = "";
  return (chunk) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) line(part);
    return rest.length <= longestLine;
  };
}

export function encode(message: WireRequest | WireAnswer): string {
  return `${JSON.stringify(message)}\n`;
}

/** Undefined = not a request. */
export function readRequest(text: string): WireRequest | undefined {
  const { id, question: asked } = readLine(text);
  const question = readQuestion(asked);
  return isCount(id) && question !== undefined ? { id, question } : undefined;
}

/** Undefined = not an answer. */
export function readAnswer(text: string): WireAnswer | undefined {
  const { id, answer: given } = readLine(text);
  const { outcome, detail, latencyMs, uncovered } = asRow(given);
  if (!isCount(id) || !isOutcome(outcome) || typeof detail !== "string" || typeof latencyMs !== "number") return undefined;
  const answer = { outcome, detail: detail.slice(0, 300), latencyMs };
  return { id, answer: uncovered === "bare" || uncovered === "network" ? { ...answer, uncovered } : answer };
}

/** Checks a question that came from outside. */
export function readQuestion(value: unknown): Question | undefined {
  const { probe: asked, target: place, timeoutMs } = asRow(value);
  const probe = readProbe(asked);
  const target = readTarget(place);
  if (probe === undefined || target === undefined) return undefined;
  if (typeof timeoutMs !== "number" || !(timeoutMs > 0 && timeoutMs <= longestTimeoutMs)) return undefined;
  return { probe, target, timeoutMs };
}

function readProbe(value: unknown): NetworkProbe | undefined {
  const { kind, port, tls, path } = asRow(value);
  if (!isPort(port)) return undefined;
  if (kind === "tcp" || kind === "postgres" || kind === "redis") return { kind, port };
  if (kind === "http" && typeof tls === "boolean" && isText(path, 2048) && visible.test(path)) return { kind, port, tls, path };
  return undefined;
}

function readTarget(value: unknown): Target | undefined {
  const { kind, host, port, gateways, name, internal: enclosed, address } = asRow(value);
  if (kind === "direct" && isText(host, 253) && isPort(port)) return { kind, host, port };
  if (kind !== "network" || !isText(name, 253) || !Array.isArray(gateways) || gateways.length > 16) return undefined;
  if (!gateways.every(isAddress)) return undefined;
  // An older Phoenix does not say it.
  const internal = enclosed === true;
  if (address === undefined) return { kind, gateways, name, internal };
  return isAddress(address) ? { kind, gateways, name, internal, address } : undefined;
}

function readLine(text: string): Row {
  try {
    return asRow(JSON.parse(text));
  } catch {
    return {};
  }
}

type Row = Readonly<Record<string, unknown>>;

/** What is not an object has no fields. */
function asRow(value: unknown): Row {
  return typeof value === "object" && value !== null ? (value as Row) : {};
}

/** A path with a line break in it would be a second request. */
const visible = /^[\x21-\x7e]+$/;
const isOutcome = (value: unknown): value is ProbeOutcome => value === "success" || value === "failure" || value === "error";
const isText = (value: unknown, longest: number): value is string => typeof value === "string" && value !== "" && value.length <= longest;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isPort = (value: unknown): value is number => isCount(value) && value >= 1 && value <= 65_535;
const isAddress = (value: unknown): value is string => typeof value === "string" && isIP(value) !== 0;
