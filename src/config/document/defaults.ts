import type { FromSchema, JSONSchema } from "json-schema-to-ts";

/** A schema of a map with known keys. */
interface MapSchema {
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A value that `Schema` accepts, before defaults are filled in. */
export type Raw<Schema> = Schema extends JSONSchema
  ? FromSchema<Schema, { keepDefaultedPropertiesOptional: true }>
  : never;

/** The keys of a map that have a default. */
type DefaultedKeys<Properties> = {
  [Key in keyof Properties]: Properties[Key] extends { readonly default: unknown } ? Key : never;
}[keyof Properties];

/** `Fields` in which none of `Keys` is missing. */
type Filled<Fields, Keys> = Fields & {
  [Key in keyof Fields as Key & Keys]-?: Exclude<Fields[Key], undefined>;
};

/** A value that `Schema` accepts, in which no key with a default is missing. Maps inside of it are as written. */
export type WithDefaults<Schema extends MapSchema> = Filled<Raw<Schema>, DefaultedKeys<Schema["properties"]>>;

/**
 * Returns `value` with the schema's `default` for each key that it leaves out: the only place where defaults of the
 * configuration are applied. Maps inside of `value` are filled separately, each with its own schema.
 * @param value a map that the schema has accepted
 */
export function withDefaults<const Schema extends MapSchema>(
  schema: Schema,
  value: unknown,
): WithDefaults<Schema> {
  const defaults = Object.entries(schema.properties).flatMap(([key, property]) =>
    typeof property === "object" && property !== null && "default" in property
      ? [[key, property.default]]
      : [],
  );
  return { ...Object.fromEntries(defaults), ...(value as object) } as WithDefaults<Schema>;
}
