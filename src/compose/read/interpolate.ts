/** `$NAME` and `${NAME}` with its operators, as the Compose Specification has them: in values only, never in keys. */
import type { Place } from "../../domain/errors.ts";
import { type ComposeNode, mapChildren } from "../node.ts";
import type { VariableSource } from "../read.ts";
import { limits } from "./limits.ts";
import type { Reading } from "./reading.ts";

export type Variable = { readonly value: string; readonly from: Extract<VariableSource, "environment" | "env-file"> };
export type Lookup = (name: string) => Variable | undefined;

export type Use = {
  readonly reading: Reading;
  readonly lookup: Lookup;
  readonly place: Place;
  /** The value may be a password: a word of it that was taken for a variable is not told. */
  readonly secret: boolean;
};

/** Names whose values are never told, parts of them included. A wider net than that for what is written into a unit: here it costs nothing. */
export function mayBeSecret(name: string): boolean {
  return /PASS|TOKEN|SECRET|KEY|CREDENTIAL/iu.test(name);
}

type Operator = {
  /** Whether the variable's own value counts, given what it is. */
  readonly holds: (value: string | undefined) => value is string;
  /** What stands there instead, or also: `word` is what follows the operator. */
  readonly otherwise: "word" | "refuse" | "nothing";
  readonly held: "value" | "word";
};

const isSet = (value: string | undefined): value is string => value !== undefined;
const isFilled = (value: string | undefined): value is string => value !== undefined && value !== "";

const operators: Readonly<Record<string, Operator>> = {
  ":-": { holds: isFilled, held: "value", otherwise: "word" },
  "-": { holds: isSet, held: "value", otherwise: "word" },
  ":?": { holds: isFilled, held: "value", otherwise: "refuse" },
  "?": { holds: isSet, held: "value", otherwise: "refuse" },
  ":+": { holds: isFilled, held: "word", otherwise: "nothing" },
  "+": { holds: isSet, held: "word", otherwise: "nothing" },
};

/** The same node where nothing in it names a variable. */
export function interpolateNode<T extends ComposeNode>(node: T, reading: Reading, lookup: Lookup, secret?: boolean): T;
export function interpolateNode(node: ComposeNode, reading: Reading, lookup: Lookup, secret = false): ComposeNode {
  if (node.kind === "scalar") {
    if (typeof node.value !== "string" || !node.value.includes("$")) return node;
    const text = interpolate(node.value, {
      reading,
      lookup,
      place: node.place,
      secret: secret || mayBeSecret(node.value.split("=", 1)[0] ?? ""),
    });
    return { ...node, value: text, text };
  }
  return mapChildren(node, (child, key) => interpolateNode(child, reading, lookup, secret || (node.kind === "map" && mayBeSecret(key))));
}

/** The text with its variables replaced. What is wrong is told to the reading, and nothing stands in its place. */
export function interpolate(text: string, use: Use, depth = 0): string {
  if (depth > limits.defaults) {
    use.reading.refuseOnce("compose-limit", `More than ${limits.defaults} \${...} lie within each other.`, use.place);
    return "";
  }
  const parts: string[] = [];
  let at = 0;
  // Every brace opens, as in JSON, until that does not come out even: from then on `${` alone does.
  let opener: "{" | "${" = "{";
  for (;;) {
    const dollar = text.indexOf("$", at);
    if (dollar === -1) return parts.join("") + text.slice(at);
    parts.push(text.slice(at, dollar));
    const next = text[dollar + 1];
    const name = nameAt(text, dollar + 1);
    if (next === "$") {
      parts.push("$");
      at = dollar + 2;
    } else if (next === "{") {
      let end = closingBrace(text, dollar + 1, opener);
      if (end === undefined && opener === "{") {
        opener = "${";
        end = closingBrace(text, dollar + 1, opener);
      }
      if (end === undefined) {
        refuse(use, "A `${` has no `}` that belongs to it.");
        return "";
      }
      parts.push(braced(text.slice(dollar + 2, end), use, depth));
      at = end + 1;
    } else {
      // A dollar sign before anything else stands for itself: `$1`, `$(date)`, a last one.
      const isPart = use.secret && text.slice(text.indexOf("=") + 1) !== `$${name}`;
      parts.push(name === "" ? "$" : isPart && use.lookup(name) === undefined ? strayText(use) : variableText(name, use));
      at = dollar + 1 + name.length;
    }
  }
}

function braced(body: string, use: Use, depth: number): string {
  const name = nameAt(body, 0);
  const rest = body.slice(name.length);
  if (name !== "" && rest === "") return variableText(name, use);
  const sign = /^:?[-?+]/u.exec(rest)?.[0];
  const operator = operators[sign ?? ""];
  if (name === "" || sign === undefined || operator === undefined) {
    refuse(use, "A `${...}` must hold a variable's name, and behind it at most one of `:-`, `-`, `:?`, `?`, `:+` and `+`.");
    return "";
  }
  const word = rest.slice(sign.length);
  const found = use.lookup(name);
  if (operator.holds(found?.value)) {
    note(name, found, use);
    return operator.held === "word" ? interpolate(word, use, depth + 1) : insert(found?.value ?? "", use);
  }
  if (operator.otherwise === "word") {
    use.reading.variables.push({ name, from: "default", place: use.place });
    return interpolate(word, use, depth + 1);
  }
  note(name, found, use);
  if (operator.otherwise === "refuse") {
    const state = found === undefined ? "is not set" : "is empty";
    // As written: a variable named in it may be a secret.
    use.reading.refuse("compose-variable", `The variable ${name} ${state}, and is needed${word === "" ? "." : `: ${word}`}`, use.place);
  }
  return "";
}

function variableText(name: string, use: Use): string {
  const found = use.lookup(name);
  note(name, found, use);
  if (found === undefined) use.reading.warnUnset(name, use.place);
  return insert(found?.value ?? "", use);
}

/** A dollar sign within a password, most likely. */
function strayText({ reading, place }: Use): string {
  const remedy = "Write `$$` for a dollar sign that is meant literally.";
  reading.warn("compose-variable", "What follows a dollar sign in this value is taken for a variable, which is not set.", place, remedy);
  return "";
}

function insert(value: string, use: Use): string {
  return use.reading.insert(value.length, use.place) ? value : "";
}

function note(name: string, found: Variable | undefined, use: Use): void {
  use.reading.variables.push({ name, from: found?.from ?? "unset", place: use.place });
}

function refuse(use: Use, message: string): void {
  use.reading.refuse("compose-variable", message, use.place, "Close it, or write `$$` for a dollar sign that is meant literally.");
}

function nameAt(text: string, at: number): string {
  const pattern = /[A-Za-z_][A-Za-z0-9_]*/uy;
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

/** Where the brace at `open` is closed, with every `opener` in between opening one more: `${A:-{"b": {}}}`. */
function closingBrace(text: string, open: number, opener: "{" | "${"): number | undefined {
  let level = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === "}") level -= 1;
    else if (text[at] === "{" && (opener === "{" || text[at - 1] === "$")) level += 1;
    if (level === 0) return at;
  }
  return undefined;
}
