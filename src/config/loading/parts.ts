import type { Steps } from "../../core/steps.ts";
import { isMapValue } from "../document/tree.ts";

/**
 * A part of a converted configuration as JSON in UTF-8. A thread receives it without a copy, and decodes one part at a
 * time: to receive the whole value at once would block it.
 */
export interface Part {
  /** The top-level key; absent if the configuration is no map, and then the only part is all of it. */
  readonly key?: string;
  /** `items` and `entries`: the value continues the list or map of the part before with the same key. */
  readonly kind: "value" | "items" | "entries";
  readonly json: Uint8Array<ArrayBuffer>;
}

/** Most items of a list or entries of a map in one part: about 50 KB of a list of targets, decoded in a millisecond. */
const MOST_ITEMS = 200;

/** Encodes a converted configuration, which consists of texts, finite numbers, booleans, nulls, lists and maps. */
export function encodeParts(raw: unknown): readonly Part[] {
  if (!isMapValue(raw)) return [{ kind: "value", json: encode(raw) }];
  return Object.entries(raw).flatMap(([key, value]): readonly Part[] => {
    if (Array.isArray(value) && value.length > MOST_ITEMS) {
      return chunks(value).map((items) => ({ key, kind: "items", json: encode(items) }));
    }
    const entries = isMapValue(value) ? Object.entries(value) : [];
    if (entries.length > MOST_ITEMS) {
      return chunks(entries).map((some) => ({ key, kind: "entries", json: encode(some) }));
    }
    return [{ key, kind: "value", json: encode(value) }];
  });
}

/** Decodes what `encodeParts` returned, one part per step. */
export function* decodeParts(parts: readonly Part[]): Steps<unknown> {
  const values = new Map<string, unknown>();
  for (const { key, kind, json } of parts) {
    const value = decode(json);
    if (key === undefined) return value;
    const before = values.get(key);
    if (kind === "value") values.set(key, value);
    else if (Array.isArray(before)) for (const item of value as readonly unknown[]) before.push(item);
    else values.set(key, value);
    yield;
  }
  const maps = new Set(parts.flatMap(({ key, kind }) => (kind === "entries" ? [key] : [])));
  return Object.fromEntries(
    Array.from(values, ([key, value]) => [
      key,
      maps.has(key) ? Object.fromEntries(value as readonly (readonly [string, unknown])[]) : value,
    ]),
  );
}

function chunks<T>(list: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(list.length / MOST_ITEMS);
  return Array.from({ length: count }, (_, i) => list.slice(i * MOST_ITEMS, (i + 1) * MOST_ITEMS));
}

const encode = (value: unknown): Uint8Array<ArrayBuffer> => new TextEncoder().encode(JSON.stringify(value));

const decode = (json: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(json));
