import type { Schema, SchemaObject } from "./document/json-schema.ts";
import type { ProberSchema } from "./loading/checked-config.ts";
import { configSchema } from "./schema.ts";

const DRAFT = "https://json-schema.org/draft/2020-12/schema";

/** A value that contains an environment variable is checked when the variable is known. */
const VARIABLE = { type: "string", pattern: String.raw`\$\{[A-Za-z_][A-Za-z0-9_]*\}` } as const;

/** Other spellings of booleans that the exporter accepts, as blackbox_exporter does. */
const BOOLEAN_WORD = {
  type: "string",
  pattern: "^(y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF|true|True|TRUE|false|False|FALSE)$",
} as const;

/** A text as a YAML parser of an editor may read it: the exporter keeps the spelling of `1.10` and `on`. */
const TEXT = ["string", "number", "boolean"] as const;

/**
 * Returns the JSON Schema (2020-12) of the configuration file for editors. It accepts every file that the exporter accepts, and
 * refuses unknown keys, wrong types and values out of range; what JSON Schema cannot express, such as names that refer to
 * another section, only `config check` tells.
 */
function editorSchema(probers: readonly ProberSchema[]): Open {
  const { modules, ...sections } = configSchema.properties;
  return {
    $schema: DRAFT,
    title: "Configuration of heartbeat-exporter",
    ...lenient({ ...configSchema, properties: sections }),
    properties: { ...lenientProperties(sections), modules: orNull(modulesOf(modules, probers)) },
    $defs: Object.fromEntries(probers.map(({ kind, schema }) => [kind, orNull(lenient(schema))])),
  };
}

/** Returns the schema of the modules, each with the options of its prober. A plugin may bring other probers. */
function modulesOf(modules: typeof configSchema.properties.modules, probers: readonly ProberSchema[]): Open {
  const module = lenient(modules.additionalProperties);
  const { properties: own = {} } = module;
  const kinds = probers.map(({ kind }) => kind);
  const withOptions = (kind: string): SchemaObject => ({
    if: { properties: { prober: { const: kind } }, required: ["prober"] },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: {
      properties: { ...mapValues(own, () => true), [kind]: { $ref: `#/$defs/${kind}` } },
      additionalProperties: false,
    },
  });
  const properties = { ...own, prober: withExamples(own["prober"], kinds) };
  return {
    ...lenient({ ...modules, additionalProperties: true }),
    additionalProperties: { ...module, properties, allOf: kinds.map(withOptions) },
  };
}

/** Returns the schema as a file. */
export const editorSchemaText = (probers: readonly ProberSchema[]): string =>
  `${JSON.stringify(editorSchema(probers), undefined, 1)}\n`;

/** A schema with keywords that the exporter itself does not read. */
type Open = SchemaObject & Readonly<Record<string, unknown>>;

/** Returns a schema with values that editors suggest. */
const withExamples = (schema: Schema | undefined, examples: readonly string[]): Open => ({
  ...(typeof schema === "object" ? schema : {}),
  examples,
});

/** Returns the schema of all values that the exporter reads as a value of `schema`. */
function lenient(schema: Schema): Open {
  if (typeof schema === "boolean") return schema ? {} : { not: {} };
  const {
    // The tests of formats are the exporter's own, and conditions are about texts as written.
    format: _format,
    not: _not,
    if: _if,
    then: _then,
    else: _else,
    type,
    enum: values,
    properties,
    patternProperties,
    additionalProperties,
    items,
    prefixItems,
    allOf,
    anyOf,
    oneOf,
    ...others
  } = schema;
  const { propertyNames, ...rest }: Open = others;
  const branches = [...(anyOf ?? []), ...(oneOf ?? [])];
  return {
    ...rest,
    ...(propertyNames === undefined ? {} : { propertyNames: lenient(propertyNames as Schema) }),
    ...scalar(type, values),
    ...(properties === undefined ? {} : { properties: lenientProperties(properties) }),
    ...(patternProperties === undefined ? {} : { patternProperties: mapValues(patternProperties, lenient) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: unlessFalse(additionalProperties) }),
    ...(items === undefined ? {} : { items: lenient(items) }),
    ...(prefixItems === undefined ? {} : { prefixItems: prefixItems.map(lenient) }),
    ...(allOf === undefined ? {} : { allOf: allOf.map(lenient) }),
    // With texts that may look like numbers, a value can fit several of `oneOf`.
    ...(branches.length === 0 ? {} : { anyOf: branches.map(lenient) }),
  };
}

const unlessFalse = (schema: Schema): Schema => (schema === false ? false : lenient(schema));

/** Returns the keywords for the type: scalars may come from a variable, and texts may look like numbers. */
function scalar(type: SchemaObject["type"], values: SchemaObject["enum"]): SchemaObject {
  if (values !== undefined) return { anyOf: [{ enum: values }, VARIABLE] };
  const types = typeof type === "string" ? [type] : (type ?? []);
  if (types.length === 0) return {};
  if (types.includes("string")) return { type: [...new Set([...types, ...TEXT])] };
  if (types.includes("boolean")) return { anyOf: [{ type: types }, BOOLEAN_WORD, VARIABLE] };
  if (types.includes("integer") || types.includes("number")) return { anyOf: [{ type: types }, VARIABLE] };
  return { type: types };
}

/** Returns schemas of values that may also be left empty. */
const lenientProperties = (properties: Readonly<Record<string, Schema>>): Readonly<Record<string, Schema>> =>
  mapValues(properties, (schema) => orNull(lenient(schema)));

function orNull(schema: Open): Open {
  const { type, anyOf } = schema;
  if (anyOf !== undefined) return { ...schema, anyOf: [...anyOf, { type: "null" }] };
  if (type === undefined) return schema;
  return { ...schema, type: [...new Set([type, "null"].flat())] };
}

const mapValues = <In, Out>(
  values: Readonly<Record<string, In>>,
  change: (value: In) => Out,
): Readonly<Record<string, Out>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
