import { visible } from "../core/escape.ts";
import { isObject } from "../core/json-object.ts";
import { truncateWithDots } from "../core/truncate.ts";

/** Facts in a ping, in the form of a JSON body: `{hostname?, owner?, description?, labels?}`. Their values are not validated. */
export type PingFacts = Readonly<Record<string, unknown>>;

/** Facts in a part of a ping, or the error `PART: got X, want Y` if they are not of this form. */
export type PingFactsReading = { readonly facts: PingFacts } | { readonly refused: string };

/** Longest body that can be facts, in bytes: more than the longest facts in the longest encoding. */
export const LONGEST_FACTS = 64 * 1024;

const FIELDS = ["hostname", "owner", "description"] as const;
const KEYS: ReadonlySet<string> = new Set([...FIELDS, "labels"]);
const LABEL = "labels.";

/** Reads the parameters `hostname`, `owner`, `description` and `labels.NAME`; `undefined` without any of them. */
export function factsOfQuery(query: URLSearchParams): PingFactsReading | undefined {
  const fields: Record<string, string> = {};
  const labels = new Map<string, string>();
  for (const [key, value] of query) {
    const isLabel = key.startsWith(LABEL);
    if (!isLabel && /^labels?(?![a-z])/i.test(key))
      return { refused: `query: got the parameter ${excerpt(key)}, want labels.NAME=VALUE` };
    const field = FIELDS.find((one) => one === key);
    if (!isLabel && field === undefined) continue;
    const name = key.slice(LABEL.length);
    if (isLabel ? labels.has(name) : Object.hasOwn(fields, key))
      return { refused: `query: got the parameter ${excerpt(key)} a second time, want it once` };
    if (isLabel) labels.set(name, value);
    else fields[key] = value;
  }
  if (Object.keys(fields).length === 0 && labels.size === 0) return undefined;
  return { facts: labels.size === 0 ? fields : { ...fields, labels: Object.fromEntries(labels) } };
}

/** Reports whether a body of this Content-Type may be facts. */
export const isJsonType = (contentType: string | undefined): boolean =>
  /^\s*application\/json\s*(?:;|$)/i.test(contentType ?? "");

/**
 * Reads a JSON body. Returns `undefined` for an empty one, and for one without any of the keys of facts: it is the output
 * of a run that prints JSON.
 */
export function factsOfBody(bytes: Buffer): PingFactsReading | undefined {
  if (bytes.length === 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return {
      refused: "body: got invalid JSON, want a JSON object, or another Content-Type for the output of a run",
    };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  // In any case, so that a key in the wrong case is refused and not mistaken for output.
  const isAboutFacts = Object.keys(value).some((key) => KEYS.has(key.toLowerCase()));
  return isAboutFacts ? { facts: value as PingFacts } : undefined;
}

/** Removes the facts from those of a body that the query has as well: the query takes precedence. */
export function withoutFacts(
  body: PingFactsReading | undefined,
  query: PingFactsReading | undefined,
): PingFactsReading | undefined {
  if (body === undefined || query === undefined || "refused" in body || "refused" in query) return body;
  const rest = Object.entries(body.facts).filter(
    ([key]) => key === "labels" || !Object.hasOwn(query.facts, key),
  );
  const [own, other] = [body.facts["labels"], query.facts["labels"]];
  if (!isObject(own) || !isObject(other)) return { facts: Object.fromEntries(rest) };
  const labels = Object.entries(own).filter(([name]) => !Object.hasOwn(other, name));
  return { facts: { ...Object.fromEntries(rest), labels: Object.fromEntries(labels) } };
}

const excerpt = (text: string): string => visible(truncateWithDots(JSON.stringify(text), 60));
