import type { BuildContext } from "../context.ts";
import { type WithDefaults, withDefaults } from "../document/defaults.ts";
import { childOf, isMapValue, itemsOf, type Path } from "../document/tree.ts";

/** An entry of a list of the file, possibly with problems. */
export interface Entry {
  readonly value: unknown;
  readonly path: Path;
}

/** Returns the map under `key` without the options that have problems, and with defaults for all that is missing. */
export function sectionOf<const Schema extends SectionSchema>(
  key: string,
  schema: Schema,
  { raw, problems }: BuildContext,
): WithDefaults<Schema> {
  const section = childOf(raw, key);
  const options = isMapValue(section) ? Object.entries(section) : [];
  const valid = options.filter(([option]) => !problems.isBroken([key, option]));
  return withDefaults(schema, Object.fromEntries(valid));
}

/** A schema of a map in which no key is required. */
interface SectionSchema {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required?: never;
}

/** The kind of entry that each name of the file refers to. */
export type Kinds = ReadonlyMap<string, "target" | "heartbeat" | "group">;

/** Returns the kinds of all names, including those of entries with problems. */
export const kindsByName = (context: BuildContext): Kinds =>
  new Map([
    ...namesUnder("targets", context).map((target) => [target, "target"] as const),
    ...namesUnder("heartbeats", context).map((heartbeat) => [heartbeat, "heartbeat"] as const),
    ...namesUnder("groups", context).map((group) => [group, "group"] as const),
  ]);

/** Returns the names in the list under `key` of an entry. */
export const namesIn = (value: unknown, key: string): readonly string[] =>
  itemsOf(childOf(value, key)).filter((one) => typeof one === "string");

/** Returns the names in the list under `key`, including those of entries with problems. */
export const namesUnder = (key: string, { raw }: BuildContext): readonly string[] =>
  itemsOf(childOf(raw, key)).flatMap((value) => {
    const name = childOf(value, "name");
    return typeof name === "string" ? [name] : [];
  });

/**
 * Returns the entries of the list under `key`, including those with problems. A name that is already taken is a problem.
 * @param want the error text's words for a free name
 * @param reserved names that entries of other sections have
 */
export function namedEntries(
  key: string,
  want: string,
  { raw, problems }: BuildContext,
  reserved: Iterable<string> = [],
): readonly Entry[] {
  const taken = new Set(reserved);
  return itemsOf(childOf(raw, key)).map((value, i) => {
    const path = [key, i];
    const name = childOf(value, "name");
    if (typeof name === "string") {
      if (taken.has(name)) problems.add({ path: [...path, "name"], want });
      taken.add(name);
    }
    return { value, path };
  });
}
