/** A JSON Schema as far as this folder looks into one. Schemas come from probers, so nothing else is assumed. */
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

export type Schema = boolean | SchemaObject;

/** A schema together with the one its `$ref`s start from. */
export interface ScopedSchema {
  readonly schema: SchemaObject;
  readonly root: SchemaObject;
}

/** `schema` within `root`; a schema that brings its own definitions is a root itself. */
export function scoped(schema: Schema | undefined, root: SchemaObject): ScopedSchema | undefined {
  if (typeof schema !== "object") return undefined;
  return { schema, root: schema.$defs !== undefined || schema.definitions !== undefined ? schema : root };
}

/** What a local reference (`#/$defs/x`) points to. */
export function resolveReference(reference: string, root: SchemaObject): Schema | undefined {
  if (!reference.startsWith("#")) return undefined;
  let found: unknown = root;
  for (const step of reference.slice(1).split("/").slice(1)) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Object.entries(found).find(([name]) => name === unescapePointer(decodeURIComponent(step)))?.[1];
  }
  return typeof found === "boolean" || (typeof found === "object" && found !== null) ? found : undefined;
}

/** One step of a JSON pointer as the key that it stands for. */
export const unescapePointer = (step: string): string => step.replaceAll("~1", "/").replaceAll("~0", "~");

/**
 * The schema and everything that may apply to the same value besides: references, and the branches of `allOf`,
 * `anyOf`, `oneOf` and `if`. Which branch is meant is not asked; for telling types apart, all of them will do.
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

/** JSON Schema's name for the type of a value; whole numbers are `integer`. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** The types that `schemas` name, by `type`, `const` or `enum`; none when they leave it open. */
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

/** Every object that the schemas consist of or refer to. */
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
