import { isObject, type JsonObject } from "../../../core/json-object.ts";
import { hasMoreContainers } from "../../json-size.ts";

/**
 * Most arrays and objects in one text. Lists of models and answers have some thousands, with log probabilities tens of thousands; millions take the time of
 * other probes.
 */
const MOST_CONTAINERS = 250_000;

/** Parses JSON; never throws. */
export function parseJson(
  text: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  if (hasMoreContainers(text, MOST_CONTAINERS)) return { ok: false };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}

/** Returns `value` if it is a JSON object, or else an empty one, so that a missing field and one of another type read alike. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** Returns `value` if it is a string that is not empty. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** Returns `value` if it is a finite number of at least 0. */
export const countOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;

/** Returns the sum of those of `values` that are counts; `undefined` if there are none. */
export function sumOf(...values: readonly unknown[]): number | undefined {
  const counts = values.flatMap((value) => countOf(value) ?? []);
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
}

/** Returns `code` as a number if it is the HTTP status of an error. */
export function statusOf(code: unknown): number | undefined {
  const status = typeof code === "string" ? Number(code) : code;
  return typeof status === "number" && Number.isInteger(status) && status >= 400 && status <= 599
    ? status
    : undefined;
}

/** Returns the first element of `value` if it is an array. */
export const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : undefined);

/** Returns `value` if it is an array, or else an empty one. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Returns the entry of `table` for a `key` that comes from outside. */
export const lookUp = <Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;
