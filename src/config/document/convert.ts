import { expand, reachable, type SchemaObject, type ScopedSchema, scoped, typesOf } from "./json-schema.ts";
import { isNothing, type ListNode, type MapNode, type Node, type Path, type ScalarNode } from "./tree.ts";

/** What a conversion finds out besides the value. */
export interface Findings {
  /** Scalars at places that the schema marks `writeOnly`: never shown anywhere. */
  readonly secrets: Set<Node>;
  /** Scalars with a `${NAME}` in them: shown as written, their values never. */
  readonly substituted: Set<Node>;
  /** Scalars with a variable that is not set: nothing else that is wrong with them means anything. */
  readonly unresolved: Set<Node>;
  /** The values of secrets and of what was substituted. */
  readonly hiddenValues: Set<string>;
  /** Environment variables that were named. */
  readonly variables: Set<string>;
}

export const noFindings = (): Findings => ({
  secrets: new Set(),
  substituted: new Set(),
  unresolved: new Set(),
  hiddenValues: new Set(),
  variables: new Set(),
});

/** What a conversion needs and fills. */
export interface ConversionContext {
  readonly env: Environment;
  readonly findings: Findings;
  unset(path: Path, variable: string): void;
}

/** Stands for a key whose value was left away: as if the key were not there, which is what Go makes of a null. */
const OMITTED = Symbol("omitted");

interface ConversionPlace {
  /** Everything that may apply to this value; empty where the schema does not know it. */
  readonly schemas: readonly ScopedSchema[];
  readonly path: Path;
  readonly secret: boolean;
  /** The schema names the key, so that it may be left empty. */
  readonly declared: boolean;
}

/**
 * Turns a tree into the value that `schema` is about: a plain scalar becomes a number, a boolean or null only where
 * the schema has room for one, and keeps its spelling where it wants a text (`1.10`, `007`, `yes`). What does not fit
 * stays a text, and validation complains about it.
 */
export function convert(root: Node, schema: SchemaObject, context: ConversionContext): unknown {
  const start = scoped(schema, schema);
  const schemas = start === undefined ? [] : expand(start);
  const value = convertNode(root, { schemas, path: [], secret: false, declared: false }, context);
  return value === OMITTED ? null : value;
}

function convertNode(node: Node, here: ConversionPlace, context: ConversionContext): unknown {
  const secret = here.secret || here.schemas.some(({ schema }) => schema.writeOnly === true);
  const there = { ...here, secret };
  if (node.kind === "scalar") return convertScalar(node, there, context);
  return node.kind === "list" ? convertList(node, there, context) : convertMap(node, there, context);
}

function convertList(list: ListNode, here: ConversionPlace, context: ConversionContext): unknown {
  return list.items.map((item, i) => {
    const schemas = within(here.schemas, ({ schema, root }) => [
      scoped(schema.prefixItems?.[i] ?? schema.items, root),
    ]);
    return convertNode(
      item,
      { schemas, path: [...here.path, i], secret: here.secret, declared: false },
      context,
    );
  });
}

function convertMap(map: MapNode, here: ConversionPlace, context: ConversionContext): unknown {
  const values: [string, unknown][] = [];
  for (const [key, entry] of map.entries) {
    const { schemas, declared } = ofProperty(here.schemas, key);
    const next = { schemas, path: [...here.path, key], secret: here.secret, declared };
    const value = convertNode(entry.value, next, context);
    if (value !== OMITTED) values.push([key, value]);
  }
  return Object.fromEntries(values);
}

function ofProperty(
  schemas: readonly ScopedSchema[],
  key: string,
): Pick<ConversionPlace, "schemas" | "declared"> {
  let declared = false;
  const found = within(schemas, ({ schema, root }) => {
    const own = Object.hasOwn(schema.properties ?? {}, key) ? schema.properties?.[key] : undefined;
    if (own !== undefined) declared = true;
    const matching = Object.entries(schema.patternProperties ?? {})
      .filter(([pattern]) => new RegExp(pattern, "u").test(key))
      .map(([, value]) => scoped(value, root));
    if (own === undefined && matching.length === 0) return [scoped(schema.additionalProperties, root)];
    return [scoped(own, root), ...matching];
  });
  return { schemas: found, declared };
}

const within = (
  schemas: readonly ScopedSchema[],
  step: (from: ScopedSchema) => readonly (ScopedSchema | undefined)[],
): readonly ScopedSchema[] =>
  schemas.flatMap((from) => step(from).flatMap((next) => (next === undefined ? [] : expand(next))));

function convertScalar(node: ScalarNode, here: ConversionPlace, context: ConversionContext): unknown {
  const { text, names, unset } = substitute(node.text, context.env);
  const { findings } = context;
  for (const name of names) findings.variables.add(name);
  for (const name of unset) context.unset(here.path, name);
  if (unset.length > 0) findings.unresolved.add(node);
  const types = typesOf(here.schemas);
  const secret = here.secret || (noScalar(types) && holdsSecret(here.schemas));
  if (names.length > 0) findings.substituted.add(node);
  if (secret) findings.secrets.add(node);
  if (secret || names.length > 0) findings.hiddenValues.add(text);
  if (isNothing(node)) return nothingAs(text, types, here.declared);
  // Inside of braces YAML allows `${NAME}` only in quotes, so these say nothing about the type there.
  const plain = node.style === "plain" || (names.length > 0 && !types.has("string"));
  return plain ? plainAs(text, types) : text;
}

/** Where only a list or a map may stand. */
const noScalar = (types: ReadonlySet<string>): boolean =>
  types.size > 0 && [...types].every((type) => type === "array" || type === "object");

/** Whether secrets belong into such a list or map: a scalar in its place is probably one of them. */
const holdsSecret = (schemas: readonly ScopedSchema[]): boolean =>
  schemas.some(({ schema, root }) =>
    [...reachable([schema], root)].some((part) => "writeOnly" in part && part.writeOnly === true),
  );

function nothingAs(text: string, types: ReadonlySet<string>, declared: boolean): unknown {
  if (types.has("null")) return null;
  if (types.has("string") && (text !== "" || !declared)) return text;
  return declared ? OMITTED : null;
}

const NUMBER = /^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/;
/** What YAML 1.1, and with it Go, takes for a boolean. */
const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;

function plainAs(text: string, types: ReadonlySet<string>): unknown {
  const open = types.size === 0;
  if (open || types.has("boolean")) {
    // Where nothing is known, a lone `y` is more likely a letter.
    if (TRUE.test(text) && !(open && text.length === 1)) return true;
    if (FALSE.test(text) && !(open && text.length === 1)) return false;
  }
  if (open || types.has("number") || types.has("integer")) {
    const mayBeText = open || types.has("string");
    if (NUMBER.test(text) && !(mayBeText && /^[-+]?0[0-9]/.test(text))) {
      const value = Number(text);
      if (Number.isFinite(value)) return value;
    }
  }
  return text;
}

/** The environment: names to values. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `$${NAME}` (escaped, group 1) or `${NAME}` (group 2). A bare `$`, `$1` or `${1}` is text: expressions are full of them. */
const REFERENCE = /\$(\$\{[A-Za-z_][A-Za-z0-9_]*\})|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** A text after substitution. */
export interface Substitution {
  readonly text: string;
  /** Variables that were named, set or not. */
  readonly names: readonly string[];
  /** Those of them that are not set; they stand in `text` as written. */
  readonly unset: readonly string[];
}

/** Puts the values of environment variables in place of `${NAME}`. An empty value is a value. */
export function substitute(text: string, env: Environment): Substitution {
  const names: string[] = [];
  const unset: string[] = [];
  const result = text.replace(REFERENCE, (whole, escaped: string | undefined, name: string | undefined) => {
    if (escaped !== undefined || name === undefined) return escaped ?? whole;
    names.push(name);
    const value = env[name];
    if (value === undefined) unset.push(name);
    return value ?? whole;
  });
  return { text: result, names, unset };
}

/** Writes `text` such that substitution gives it back unchanged. */
export const escapeReferences = (text: string): string =>
  text.replace(/\$\{[A-Za-z_][A-Za-z0-9_]*\}/g, (reference) => `$${reference}`);

/** Whether `text` is made of nothing but references, and so gives away nothing. */
export const onlyReferences = (text: string): boolean =>
  text.replace(REFERENCE, (_, escaped: string | undefined) => escaped ?? "").trim() === "" &&
  text.trim() !== "";
