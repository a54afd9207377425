import { truncate } from "../../core/truncate.ts";
import type { Fields } from "./json.ts";

/** The value of a field in a heartbeat. */
export type FieldValue = number | boolean | string;

/** Most fields of a heartbeat that are kept; it bounds the number of series. */
const MOST_FIELDS = 100;
const DEEPEST = 4;
const LONGEST_NAME = 100;
const LONGEST_TEXT = 200;

/**
 * Returns the fields of a heartbeat by name. Names of nested objects are joined by `_`. Lists, nulls and fields beyond the
 * limits are left out. Of two fields with the same name, the less nested one wins.
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
        if (typeof value === "string") values.set(name, truncate(value, LONGEST_TEXT));
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
