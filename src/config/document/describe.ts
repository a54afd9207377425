import { describeFormat } from "./formats.ts";
import { expand, resolveReference, type Schema, type SchemaObject } from "./json-schema.ts";

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  boolean: "true or false",
  integer: "an integer",
  number: "a number",
  array: "a list",
  object: "a map",
  null: "nothing",
};

/** Formats a value as people write it in YAML. */
export const describeValue = (value: unknown): string =>
  typeof value === "string" && value !== "" ? value : JSON.stringify(value);

/** Returns the values that `schema` accepts, in a few words: `an integer >= 1`, `a list or text`. */
export function describe(schema: Schema, root: SchemaObject): string {
  if (typeof schema === "boolean") return "another value";
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
  return keys.length > 0 ? keys.join(" and ") : "another value";
}

/** Returns the keys that a map must have, including those from `allOf` and references. */
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
  return minLength > 0 ? NON_EMPTY : "text";
}

/** Words for a text with at least one character. */
export const NON_EMPTY = "non-empty text";

/** Returns `>= 1`, `from 0 to 1`, `> 0 and <= 10`; empty without bounds. */
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

/** Longest list of names that an error text spells out. */
const MOST_LISTED = 12;

/**
 * Returns the names that were possible instead of `name`: `the name of a group: a or b (did you mean a?)`. If there are
 * many, only the suggestion is given.
 */
export function wantedName(kind: string, name: string, known: readonly string[]): string {
  if (known.length === 0) return `${kind}; none is configured`;
  const hint = known.length === 1 ? "" : suggestion(name, known);
  return known.length > MOST_LISTED ? `${kind}${hint}` : `${kind}: ${alternatives(known)}${hint}`;
}

/** Returns ` (did you mean X?)` with the nearest of `known`; empty if none is near. */
export function suggestion(word: string, known: Iterable<string>): string {
  const guess = nearest(word, known);
  return guess === undefined ? "" : ` (did you mean ${guess}?)`;
}

/**
 * Returns the word of `known` that `word` was probably meant to be, or `undefined` if none is near. An edit inserts, deletes
 * or replaces a letter, or swaps two adjacent ones.
 * @param most most edits; by default one per three letters
 */
export function nearest(word: string, known: Iterable<string>, most = Infinity): string | undefined {
  let best: { word: string; distance: number } | undefined;
  for (const candidate of known) {
    if (Math.abs(word.length - candidate.length) > most) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const allowed = Math.min(most, Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3)));
    if (distance <= allowed && distance < (best?.distance ?? Infinity)) best = { word: candidate, distance };
  }
  return best?.word;
}

/** Optimal string alignment: Levenshtein distance with a swap of adjacent letters counted as one edit. */
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

/** Returns `a`, `a or b`, `a, b or c`; each word once. */
export function alternatives(words: readonly string[]): string {
  const unique = [...new Set(words)];
  return unique.length < 2
    ? (unique[0] ?? "")
    : `${unique.slice(0, -1).join(", ")} or ${unique.at(-1) ?? ""}`;
}
