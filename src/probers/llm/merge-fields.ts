import { isObject } from "../../core/json-object.ts";

/** Returns `fields` overridden by `more`, object by object; null removes a field. */
export function mergeFields(
  fields: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const all: Record<string, unknown> = { ...fields };
  for (const [name, value] of Object.entries(more)) {
    const before = all[name];
    if (value === null) delete all[name];
    else all[name] = isObject(before) && isObject(value) ? mergeFields(before, value) : value;
  }
  return all;
}
