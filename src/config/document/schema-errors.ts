import type { ErrorObject } from "ajv/dist/2020.js";
import { counted } from "../../core/counted.ts";
import { parseSignedDuration } from "../../core/units.ts";
import { alternatives, describe, describeBounds, describeValue, NON_EMPTY, suggestion } from "./describe.ts";
import { describeFormat } from "./formats.ts";
import { expand, resolveReference, type SchemaObject, scoped, unescapePointer } from "./json-schema.ts";
import type { UnplacedProblem } from "./problems.ts";
import { childOf, type Path } from "./tree.ts";

/** Translates one error of ajv. Returns `undefined` for errors that only sum up others. */
export function problemOf(
  error: ErrorObject,
  value: unknown,
  root: SchemaObject,
): UnplacedProblem | undefined {
  const path = pathOf(error.instancePath, value);
  // An error from `propertyNames` concerns a key of the map.
  if (error.propertyName !== undefined) {
    const key = error.propertyName;
    return {
      path: [...path, key],
      got: `the key ${JSON.stringify(key)}`,
      want: wanted(error, root),
      aboutKey: true,
    };
  }
  switch (error.keyword) {
    case "additionalProperties":
    case "unevaluatedProperties":
      return unknownKey(error, path, root);
    case "required":
    case "dependentRequired":
      return missingKey(error, path, root);
    case "minProperties":
      return { path, got: "an empty map", want: wanted(error, root) };
    case "minItems":
    case "maxItems":
      return { path, got: listText(error.data), want: wanted(error, root) };
    case "uniqueItems":
      return { path, got: "a duplicate item", want: "each item once" };
    case "not":
      return excluded(error, path, root);
    case "propertyNames":
    case "if":
      return undefined; // other errors say the same in more detail
    default:
      return { path, want: wanted(error, root) };
  }
}

/** Returns the steps of a JSON pointer into `value`; steps into lists are numbers. */
export function pathOf(pointer: string, value: unknown): Path {
  let current = value;
  return pointer
    .split("/")
    .slice(1)
    .map((raw) => {
      const name = unescapePointer(raw);
      const step = Array.isArray(current) ? Number(name) : name;
      current = childOf(current, step);
      return step;
    });
}

/** Returns the schema that the error is about, which ajv includes in verbose mode. */
const schemaOf = (error: ErrorObject): SchemaObject => (error.parentSchema ?? {}) as SchemaObject;

function wanted(error: ErrorObject, root: SchemaObject): string {
  const schema = schemaOf(error);
  const limit = String(error.params.limit ?? "");
  switch (error.keyword) {
    case "type":
      return describe(schema, root);
    case "enum":
      return choice(schema.enum ?? [], error.data);
    case "const":
      return describeValue(schema.const);
    case "format":
      return outOfRange(schema.format, error.data) ?? describeFormat(schema.format ?? "value");
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum":
      return describeBounds(schema);
    case "multipleOf":
      return `a multiple of ${String(error.params.multipleOf)}`;
    case "minLength":
      return limit === "1" ? NON_EMPTY : `at least ${counted(Number(limit), "character")}`;
    case "maxLength":
      return `at most ${counted(Number(limit), "character")}`;
    case "pattern":
      return `text matching ${schema.pattern ?? ""}`;
    case "minItems":
      return `at least ${counted(Number(limit), "item")}`;
    case "maxItems":
      return `at most ${counted(Number(limit), "item")}`;
    case "minProperties":
      return `at least ${counted(Number(limit), "key")}`;
    case "maxProperties":
      return `at most ${counted(Number(limit), "key")}`;
    case "anyOf":
    case "oneOf":
      return Array.isArray(error.params.passingSchemas)
        ? `only one of ${describe(schema, root)}`
        : describe(schema, root);
    case "false schema":
      return "no such key";
    default:
      return `a valid value (${error.message ?? error.keyword})`;
  }
}

function excluded(error: ErrorObject, path: Path, root: SchemaObject): UnplacedProblem {
  const schema = schemaOf(error).not ?? true;
  const required = typeof schema === "object" ? (schema.required ?? []) : [];
  return required.length > 1
    ? { path, got: required.join(" and "), want: "only one of them" }
    : { path, want: `anything but ${describe(schema, root)}` };
}

function choice(values: readonly unknown[], got: unknown): string {
  const words = values.map(describeValue);
  const hint = typeof got === "string" ? suggestion(got, words) : "";
  if (hint !== "" && words.length > 8) return `a known value${hint}`;
  return words.length > 3 ? `${alternatives(words)}${hint}` : alternatives(words);
}

/** Returns the bound that a well-formed duration such as `-1s` or `0s` violates. */
function outOfRange(format: string | undefined, value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const length = parseSignedDuration(value);
  if (length === undefined) return undefined;
  if (format === "duration") return ">= 0";
  if (format !== "positive_duration") return undefined;
  return length > 0 ? ">= 1ms" : "> 0";
}

function listText(value: unknown): string {
  const length = Array.isArray(value) ? value.length : 0;
  return length === 0 ? "an empty list" : `a list of ${counted(length, "item")}`;
}

function unknownKey(error: ErrorObject, path: Path, root: SchemaObject): UnplacedProblem {
  const key = String(error.params.additionalProperty ?? error.params.unevaluatedProperty);
  const start = scoped(schemaOf(error), root);
  const known =
    start === undefined ? [] : expand(start).flatMap((s) => Object.keys(s.schema.properties ?? {}));
  return unknownKeyProblem([...path, key], known);
}

/** Returns the problem of an unknown key, with the key that was probably meant, or else all known keys. */
export function unknownKeyProblem(path: Path, known: readonly string[]): UnplacedProblem {
  const hint = suggestion(String(path.at(-1)), known);
  const list = known.length === 0 ? "no keys here" : alternatives(known.toSorted());
  return {
    path,
    got: "an unknown key",
    want: hint === "" ? list : `a known key${hint}`,
    aboutKey: true,
  };
}

function missingKey(error: ErrorObject, path: Path, root: SchemaObject): UnplacedProblem {
  const key = String(error.params.missingProperty);
  const start = scoped(schemaOf(error), root);
  const schemas = start === undefined ? [] : expand(start);
  const found = schemas.map((part) => part.schema.properties?.[key]).find((schema) => schema !== undefined);
  const target =
    typeof found === "object" && found.$ref !== undefined ? resolveReference(found.$ref, root) : found;
  const because =
    error.keyword === "dependentRequired" ? `, because ${String(error.params.property)} is set` : "";
  const want = target === undefined || target === true ? "a value" : describe(target, root);
  return { path: [...path, key], got: "nothing", want: `${want}${because}` };
}
