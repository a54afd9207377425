import { expand, reachable, type SchemaObject, type ScopedSchema, scoped, typesOf } from "./json-schema.ts";
import {
  isNothing,
  type ListNode,
  type MapNode,
  type Node,
  type Path,
  pathText,
  type ScalarNode,
} from "./tree.ts";

/** Facts about the scalars that a conversion collects. */
export interface Findings {
  /** Scalars that the schema marks `writeOnly`; never shown. */
  readonly secrets: Set<Node>;
  /** Scalars that contain `${NAME}`; shown as written, never with the value. */
  readonly substituted: Set<Node>;
  /** Scalars with a variable that is not set, whose other problems are not reported. */
  readonly unresolved: Set<Node>;
  /** The values of secrets and of substituted scalars. */
  readonly hiddenValues: Set<string>;
  /** Names of the environment variables that the configuration refers to. */
  readonly variables: Set<string>;
  /** Paths, as text, of the values that were left empty or written as null. */
  readonly leftEmpty: Set<string>;
}

/** Creates findings for a conversion to fill. */
export const newFindings = (): Findings => ({
  secrets: new Set(),
  substituted: new Set(),
  unresolved: new Set(),
  hiddenValues: new Set(),
  variables: new Set(),
  leftEmpty: new Set(),
});

/** The input and the collected facts of a conversion. */
export interface ConversionContext {
  readonly findings: Findings;
  /** Substitutes `${NAME}`; without it `$` has no special meaning. */
  readonly substitution?: {
    readonly env: Environment;
    /** Called for each variable that is not set. */
    unset(path: Path, variable: string): void;
  };
}

/** A key that was left empty. It counts as missing, as Go's YAML parsers treat a null. */
const OMITTED = Symbol("omitted");

/** A value's position in the schema and in the tree. */
interface ConversionPlace {
  /** Every schema that may apply to the value; empty if the schema does not describe it. */
  readonly schemas: readonly ScopedSchema[];
  readonly path: Path;
  readonly secret: boolean;
  /** True if the schema names the key, so that it may be left empty. */
  readonly declared: boolean;
  /** Names of the groups of the expression that texts here refer to as `${name}`; undefined if there is no expression. */
  readonly groups: ReadonlySet<string> | undefined;
}

/**
 * Converts a tree to the value that `schema` describes. A plain scalar becomes a number, a boolean or null only where the
 * schema allows one, and keeps its spelling where the schema wants text (`1.10`, `007`, `yes`). A scalar that does not fit
 * stays text and fails validation later.
 */
export function convert(root: Node, schema: SchemaObject, context: ConversionContext): unknown {
  const start = scoped(schema, schema);
  const schemas = start === undefined ? [] : expand(start);
  const value = convertNode(
    root,
    { schemas, path: [], secret: false, declared: false, groups: undefined },
    context,
  );
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
    return convertNode(item, { ...here, schemas, path: [...here.path, i], declared: false }, context);
  });
}

function convertMap(map: MapNode, here: ConversionPlace, context: ConversionContext): unknown {
  const values: [string, unknown][] = [];
  const expression = expressionIn(map, here.schemas);
  for (const [key, entry] of map.entries) {
    const { schemas, declared } = ofProperty(here.schemas, key);
    const groups =
      expression === undefined ? here.groups : key === expression.key ? undefined : expression.groups;
    const next = { schemas, path: [...here.path, key], secret: here.secret, declared, groups };
    const value = convertNode(entry.value, next, context);
    if (value !== OMITTED) values.push([key, value]);
  }
  return Object.fromEntries(values);
}

/** Returns the key of the expression that other texts of a map refer to, and the names of its groups. */
function expressionIn(
  map: MapNode,
  schemas: readonly ScopedSchema[],
): { readonly key: string; readonly groups: ReadonlySet<string> } | undefined {
  const key = schemas.find(({ schema }) => schema.groupsOf !== undefined)?.schema.groupsOf;
  const node = key === undefined ? undefined : map.entries.get(key)?.value;
  if (key === undefined || node?.kind !== "scalar" || isNothing(node)) return undefined;
  const names = Array.from(node.text.matchAll(NAMED_GROUP), ([, name = ""]) => name);
  return { key, groups: new Set(names) };
}

/** The beginning of a named group in RE2 syntax. */
const NAMED_GROUP = /\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>/g;

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
  const { findings, substitution } = context;
  const { text, names, unset } =
    substitution === undefined
      ? { text: node.text, names: [], unset: [] }
      : substitute(node.text, substitution.env, here.groups);
  for (const name of names) findings.variables.add(name);
  for (const name of unset) substitution?.unset(here.path, name);
  if (unset.length > 0) findings.unresolved.add(node);
  const types = typesOf(here.schemas);
  const secret = here.secret || (noScalar(types) && holdsSecret(here.schemas));
  if (names.length > 0) findings.substituted.add(node);
  if (secret) findings.secrets.add(node);
  if (secret || names.length > 0) findings.hiddenValues.add(text);
  if (isNothing(node)) {
    findings.leftEmpty.add(pathText(here.path));
    return nothingAs(text, types, here.declared);
  }
  // Inside {} YAML allows `${NAME}` only in quotes, so quotes around a reference do not ask for text.
  const plain = node.style === "plain" || (names.length > 0 && !types.has("string"));
  return plain ? plainAs(text, types) : text;
}

/** Returns true if only a list or a map is allowed. */
const noScalar = (types: ReadonlySet<string>): boolean =>
  types.size > 0 && [...types].every((type) => type === "array" || type === "object");

/** Returns true if the list or map may contain secrets: a scalar in its place is then probably one. */
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
/** Booleans of YAML 1.1, which Go's parsers accept. */
const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;

function plainAs(text: string, types: ReadonlySet<string>): unknown {
  const open = types.size === 0;
  if (open || types.has("boolean")) {
    // Without a schema a single `y` or `n` is more likely a letter.
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

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `$${NAME}` (escaped, group 1) or `${NAME}` (group 2). A bare `$`, `$1` or `${1}` is text, as in regular expressions. */
const REFERENCE = /\$(\$\{[A-Za-z_][A-Za-z0-9_]*\})|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** A text after substitution. */
interface Substitution {
  readonly text: string;
  /** Names of all variables in it, set or not. */
  readonly names: readonly string[];
  /** Names of the variables that are not set; their references stay in `text`. */
  readonly unset: readonly string[];
}

/**
 * Replaces each `${NAME}` by the value of the variable, which may be empty.
 * @param groups names of groups of an expression, if the text is a template of them: references to these, and `$$`, are left to
 * the template, and a dollar sign in a value is none of its references
 */
function substitute(text: string, env: Environment, groups?: ReadonlySet<string>): Substitution {
  const names: string[] = [];
  const unset: string[] = [];
  const result = text.replace(REFERENCE, (whole, escaped: string | undefined, name: string | undefined) => {
    if (escaped !== undefined || name === undefined) return groups === undefined ? (escaped ?? whole) : whole;
    if (groups?.has(name) === true) return whole;
    names.push(name);
    const value = env[name];
    if (value === undefined) unset.push(name);
    return groups === undefined ? (value ?? whole) : (value?.replaceAll("$", "$$$$") ?? whole);
  });
  return { text: result, names, unset };
}

/** Escapes `text` so that substitution yields it unchanged. */
export const escapeReferences = (text: string): string =>
  text.replace(/\$\{[A-Za-z_][A-Za-z0-9_]*\}/g, (reference) => `$${reference}`);

/** Returns true if `text` consists of references alone, and so reveals nothing. */
export const onlyReferences = (text: string): boolean =>
  text.replace(REFERENCE, (_, escaped: string | undefined) => escaped ?? "").trim() === "" &&
  text.trim() !== "";
