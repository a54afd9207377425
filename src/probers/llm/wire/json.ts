import type { FinishReason, Piece, Usage } from "./types.ts";

/** A JSON object whose fields nobody has looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** `value` when it is a JSON object, else an empty one: what is missing and what is of another type read alike. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** Whether `value` is a JSON object, not an array. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `value` when it is a string that says something. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** `value` when it can be a count. */
export const countOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;

/** The sum of those of `values` that are counts; `undefined` when none is. */
export function sumOf(...values: readonly unknown[]): number | undefined {
  const counts = values.flatMap((value) => countOf(value) ?? []);
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
}

/** First element of `value` when it is an array. */
export const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : undefined);

/** The elements of `value` when it is an array, else none. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** What `table` says about `key`, which comes from outside. */
export const lookUp = <Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** A piece of text, when there is any. */
export function textPiece(part: "output" | "reasoning" | "refusal", value: unknown): readonly Piece[] {
  const text = textOf(value);
  return text === undefined ? [] : [{ kind: "text", part, text }];
}

/** The name of the model that answered, when there is one; Azure's first chunk names it "". */
export function modelPiece(value: unknown): readonly Piece[] {
  const name = textOf(value);
  return name === undefined ? [] : [{ kind: "model", name }];
}

/** Why the model stopped, in the API's word and ours. */
export const finishPiece = (words: Readonly<Record<string, FinishReason>>, word: string): Piece => ({
  kind: "finish",
  reason: lookUp(words, word) ?? "other",
});

/** What is counted, when anything is. */
export function usagePiece(counts: { readonly [Type in keyof Usage]: number | undefined }): readonly Piece[] {
  const usage: Usage = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined));
  return Object.keys(usage).length === 0 ? [] : [{ kind: "usage", usage }];
}

/** An answer that lacks what the API promises. */
export const malformedPiece = (detail: string): Piece => ({ kind: "fault", reason: "malformed", detail });

/** JSON of outside: a value or none, never an exception. */
export function parseJson(
  text: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}
