/** What values look like. Each message completes the sentence "Cannot use services.web.ports: …". */
import * as z from "zod";

/** A text; numbers and booleans are taken as they are written, as Compose does. */
export const text = z.union([z.string(), z.number(), z.boolean()], { error: "it takes a text" });
export const filled = z
  .union([z.string(), z.number()], { error: "it takes a text" })
  .refine((value) => String(value).trim() !== "", { error: "it is empty" });
export const flag = z
  .union([z.boolean(), z.string(), z.number()], { error: "it takes true or false" })
  .refine((value) => /^(?:true|false|yes|no|on|off|y|n|1|0)$/iu.test(String(value)), { error: "it takes true or false" });
export const whole = numeric(/^-?\d+$/u, "it takes a whole number");
export const decimal = numeric(/^\d+(?:\.\d+)?$/u, "it takes a number");
export const size = numeric(/^(?:-1|\d+(?:\.\d+)?\s*(?:[bkmgt]|[kmgt]i?b)?)$/iu, "it takes a size, such as 64m or 1gb");
export const duration = pattern(/^(?:0|(?:\d+(?:\.\d+)?(?:us|\u00b5s|ms|s|m|h|d|w))+)$/u, "it takes a time, such as 10s or 1m30s");
export const texts = z.array(text, { error: "it takes a list of texts" });
export const textOrTexts = z.union([text, texts], { error: "it takes a text or a list of texts" });
export const assignments = z.union([texts, z.record(z.string(), text.nullable())], {
  error: "it takes a map, or a list of NAME=value",
});
export const hosts = z.union([texts, z.record(z.string(), textOrTexts)], {
  error: "it takes a map of name and address, or a list of name:address",
});
export const map = z.record(z.string(), z.unknown(), { error: "it takes a map" });
export const maybeMap = map.nullable().or(z.undefined());
export const maps = z.array(map, { error: "it takes a list of maps" });
export const textsOrMaps = z.array(z.union([text, map]), { error: "it takes a list" });
export const textsOrMap = z.union([texts, map], { error: "it takes a list or a map" });
export const command = z.union([text, texts, z.null()], { error: "it takes a command, or a list of its words" });

export function oneOf(...words: readonly string[]) {
  return z.enum(words, { error: `it takes ${words.join(" or ")}` });
}

/** A text of a form. */
export function pattern(form: RegExp, error: string) {
  return z.union([z.string(), z.number()], { error }).refine((value) => form.test(String(value)), { error });
}

function numeric(form: RegExp, error: string) {
  return pattern(form, error);
}

/** A name that can stand in a DNS answer and in a list of options. */
export const hostName = pattern(/^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/u, "it takes a host name: letters, digits and - _ .");
export const hostNames = z.array(hostName, { error: "it takes a list of host names" });
/** Names of Podman objects. */
export const objectName = pattern(
  /^[A-Za-z0-9][A-Za-z0-9_.-]*$/u,
  "it takes a name of letters, digits and _ . -, the first a letter or digit",
);
export const address = pattern(/^[\da-fA-F:.]+$/u, "it takes an IP address");
export const macAddress = pattern(/^[\da-fA-F]{2}(?:[:-][\da-fA-F]{2}){5}$/u, "it takes a MAC address, such as 02:42:ac:11:00:02");
export const subnet = pattern(/^[\da-fA-F:.]+\/\d{1,3}$/u, "it takes a subnet, such as 172.20.0.0/16");
