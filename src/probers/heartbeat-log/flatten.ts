import type { Fields } from "./json.ts";

/** A number, boolean or text of a heartbeat. */
export type FieldValue = number | boolean | string;

/** Fields of one heartbeat that are kept: a line is not to make series without bound. */
const MOST_FIELDS = 100;
const DEEPEST = 4;
const LONGEST_NAME = 100;
const LONGEST_TEXT = 200;

/**
 * The values in a heartbeat by their names, those of nested objects joined with `_`. Lists, nulls and what is beyond the
 * bounds are left out; of two values with one name the one that is nested less stays.
 */
export function flatten(fields: Fields): ReadonlyMap<string, FieldValue> {
  const values = new Map<string, FieldValue>();
  let level: readonly (readonly [string, Fields])[] = [["", fields]];
  for (let depth = 0; depth < DEEPEST && level.length > 0; depth += 1) {
    const deeper: (readonly [string, Fields])[] = [];
    for (const [prefix, object] of level) {
      for (const [key, value] of Object.entries(object)) {
        if (values.size >= MOST_FIELDS) return values;
        const name = `${prefix}${key}`;
        if (name.length > LONGEST_NAME || values.has(name)) continue;
        if (typeof value === "string") values.set(name, value.slice(0, LONGEST_TEXT));
        else if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value)))
          values.set(name, value);
        else if (typeof value === "object" && value !== null && !Array.isArray(value))
          deeper.push([`${name}_`, value as Fields]);
      }
    }
    level = deeper;
  }
  return values;
}
