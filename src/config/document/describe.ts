import { DURATION_FORM } from "../../core/units.ts";
import { expand, resolveReference, type Schema, type SchemaObject } from "./json-schema.ts";

/** What the formats of our own and of probers ask for. */
const FORMATS: Readonly<Record<string, string>> = {
  duration: DURATION_FORM,
  positive_duration: DURATION_FORM,
  regexp: "a regular expression (RE2 syntax)",
  uri: "a URL",
  bcrypt: "what bcrypt makes of a password, such as htpasswd -nB prints",
  store_size: "a size of at least 1MB, such as 512MB",
  module_name: "the name of a module",
  address: "an address",
  header_name: "the name of a header",
  target_name: "letters, digits, _, - and . (not first), at most 128",
  heartbeat_kind: "one word of letters, digits, _ and -, at most 32, a letter first",
  label_name: "a label name: letters, digits and _, no digit first",
  header_value: "the value of a header: one line",
  local_time: "a time such as 22:30",
  instant: "a time such as 2026-01-31T22:00:00Z",
  cron: "five fields as in a crontab, such as 0 3 * * 6",
  time_zone: "a time zone such as Europe/Berlin",
};

/** What a text of the format looks like. */
export const describeFormat = (format: string): string =>
  FORMATS[format] ?? `a valid ${format.replaceAll(/[_-]/g, " ")}`;

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  boolean: "true or false",
  integer: "an integer",
  number: "a number",
  array: "a list",
  object: "a map",
  null: "nothing",
};

/** A value as people write it in YAML. */
export const describeValue = (value: unknown): string =>
  typeof value === "string" && value !== "" ? value : JSON.stringify(value);

/** What `schema` wants, in a few words: `an integer >= 1`, `a list or text`. */
export function describe(schema: Schema, root: SchemaObject): string {
  if (typeof schema === "boolean") return "something else";
  if (schema.$ref !== undefined) return describe(resolveReference(schema.$ref, root) ?? true, root);
  if (schema.const !== undefined) return describeValue(schema.const);
  if (schema.enum !== undefined) return alternatives(schema.enum.map(describeValue));
  if (schema.type !== undefined) {
    const types = typeof schema.type === "string" ? [schema.type] : schema.type;
    return alternatives(types.map((type) => describeType(type, schema)));
  }
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return alternatives(branches.map((branch) => describe(branch, root)));
  if (schema.not !== undefined) return `no ${describe(schema.not, root)}`;
  const keys = requiredKeys(schema, root);
  return keys.length > 0 ? keys.join(" and ") : "something else";
}

/** The keys that a map has to have, those of `allOf` and references with it. */
export const requiredKeys = (schema: SchemaObject, root: SchemaObject): readonly string[] => [
  ...new Set(
    expand({ schema: { ...schema, anyOf: [], oneOf: [] }, root }).flatMap(
      (part) => part.schema.required ?? [],
    ),
  ),
];

function describeType(type: string, schema: SchemaObject): string {
  if (type === "string") return describeString(schema);
  if (type === "object" && (schema.required ?? []).length > 0) {
    return `a map with ${(schema.required ?? []).join(" and ")}`;
  }
  const name = TYPES[type] ?? type;
  const bounds = type === "integer" || type === "number" ? describeBounds(schema) : "";
  return bounds === "" ? name : `${name} ${bounds}`;
}

function describeString({ format, pattern, minLength = 0 }: SchemaObject): string {
  if (format !== undefined) return describeFormat(format);
  if (pattern !== undefined) return `text matching ${pattern}`;
  return minLength > 0 ? "text that is not empty" : "text";
}

/** `>= 1`, `from 0 to 1`, `> 0 and <= 10`; empty without bounds. */
export function describeBounds(schema: SchemaObject): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (minimum !== undefined && maximum !== undefined) return `from ${minimum} to ${maximum}`;
  const bounds = [
    minimum === undefined ? [] : [`>= ${minimum}`],
    exclusiveMinimum === undefined ? [] : [`> ${exclusiveMinimum}`],
    maximum === undefined ? [] : [`<= ${maximum}`],
    exclusiveMaximum === undefined ? [] : [`< ${exclusiveMaximum}`],
  ];
  return bounds.flat().join(" and ");
}

/**
 * The word of `known` that `word` was probably meant to be, or `undefined` when none is near: at most one edit per
 * three letters (insert, remove, replace, swap neighbours).
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: { word: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const allowed = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    if (distance <= allowed && distance < (best?.distance ?? Infinity)) best = { word: candidate, distance };
  }
  return best?.word;
}

/** Optimal string alignment: Levenshtein with swapped neighbours counted as one. */
function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (beforeLast[j - 2] ?? 0) + 1 : Infinity;
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replaced, swapped));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** `a`, `a or b`, `a, b or c`. */
export function alternatives(words: readonly string[]): string {
  const unique = [...new Set(words)];
  return unique.length < 2
    ? (unique[0] ?? "")
    : `${unique.slice(0, -1).join(", ")} or ${unique.at(-1) ?? ""}`;
}
