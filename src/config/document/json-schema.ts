/** The part of JSON Schema that this folder reads. Schemas also come from probers and plugins, so nothing else is assumed. */
export interface SchemaObject {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly writeOnly?: boolean;
  /** Of an object: the property whose text is an expression, to whose named groups the others refer as `${name}`. */
  readonly groupsOf?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly if?: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
}

/** A schema; `true` accepts every value, `false` none. */
export type Schema = boolean | SchemaObject;

/** A schema with the root that its `$ref`s are resolved against. */
export interface ScopedSchema {
  readonly schema: SchemaObject;
  readonly root: SchemaObject;
}

/** Returns `schema` with its root; a schema with definitions of its own is a root itself. */
export function scoped(schema: Schema | undefined, root: SchemaObject): ScopedSchema | undefined {
  if (typeof schema !== "object") return undefined;
  return { schema, root: schema.$defs !== undefined || schema.definitions !== undefined ? schema : root };
}

/** Resolves a local reference (`#/$defs/x`). */
export function resolveReference(reference: string, root: SchemaObject): Schema | undefined {
  if (!reference.startsWith("#")) return undefined;
  let found: unknown = root;
  for (const step of reference.slice(1).split("/").slice(1)) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Object.entries(found).find(([name]) => name === unescapePointer(decodeURIComponent(step)))?.[1];
  }
  return typeof found === "boolean" || (typeof found === "object" && found !== null) ? found : undefined;
}

/** Decodes one step of a JSON pointer. */
export const unescapePointer = (step: string): string => step.replaceAll("~1", "/").replaceAll("~0", "~");

/**
 * Returns the schema and every other schema that may apply to the same value: references, and the branches of `allOf`,
 * `anyOf`, `oneOf` and `if`. All branches are included, because they only serve to tell types apart.
 */
export function expand(start: ScopedSchema): readonly ScopedSchema[] {
  const all: ScopedSchema[] = [];
  const seen = new Set<SchemaObject>();
  const visit = (schema: Schema | undefined, root: SchemaObject): void => {
    const next = scoped(schema, root);
    if (next === undefined || seen.has(next.schema)) return;
    seen.add(next.schema);
    all.push(next);
    const { $ref, allOf = [], anyOf = [], oneOf = [] } = next.schema;
    if ($ref !== undefined) visit(resolveReference($ref, next.root), next.root);
    for (const branch of [...allOf, ...anyOf, ...oneOf]) visit(branch, next.root);
    visit(next.schema.then, next.root);
    visit(next.schema.else, next.root);
  };
  visit(start.schema, start.root);
  return all;
}

/** Returns JSON Schema's name for the type of a value; whole numbers are `integer`. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** Returns the types that `schemas` allow, by `type`, `const` or `enum`; empty if any type is allowed. */
export function typesOf(schemas: readonly ScopedSchema[]): ReadonlySet<string> {
  const types = new Set<string>();
  for (const { schema } of schemas) {
    for (const type of typeof schema.type === "string" ? [schema.type] : (schema.type ?? [])) types.add(type);
    if (schema.type === undefined) {
      if (schema.const !== undefined) types.add(typeOf(schema.const));
      for (const value of schema.enum ?? []) types.add(typeOf(value));
    }
  }
  return types;
}

/** Returns every object that the schemas contain or refer to. */
export function reachable(schemas: readonly Schema[], root: SchemaObject): ReadonlySet<object> {
  const reached = new Set<object>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null || reached.has(value)) return;
    reached.add(value);
    const next = Array.isArray(value) ? undefined : scoped(value, root);
    if (next !== undefined) for (const part of expand(next)) visit(part.schema);
    for (const child of Object.values(value)) visit(child);
  };
  for (const schema of schemas) visit(schema);
  return reached;
}
