import type { ErrorObject } from "ajv/dist/2020.js";
import { parseDuration } from "../../core/units.ts";
import {
  alternatives,
  describe,
  describeBounds,
  describeFormat,
  describeValue,
  nearest,
} from "./describe.ts";
import { expand, resolveReference, type SchemaObject, scoped, unescapePointer } from "./json-schema.ts";
import type { UnplacedProblem } from "./problems.ts";
import type { Path } from "./tree.ts";

/** Words one error of ajv: what was wanted, and of which value. Nothing is assumed about the schema. */
export function complaintOf(
  error: ErrorObject,
  value: unknown,
  root: SchemaObject,
): UnplacedProblem | undefined {
  const path = pathOf(error.instancePath, value);
  // What propertyNames found wrong is about a key of the map.
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
      return { path, got: `a list of ${lengthOf(error.data)}`, want: wanted(error, root) };
    case "uniqueItems":
      return { path, got: "an item twice", want: "each item once" };
    case "not":
      return excluded(error, path, root);
    // These two only sum up what other errors say.
    case "propertyNames":
    case "if":
      return undefined;
    default:
      return { path, want: wanted(error, root) };
  }
}

/** The steps of a JSON pointer into `value`; steps into lists are numbers. */
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

/** `value[step]`, or `undefined` where there is no such thing. */
export function childOf(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return value[Number(step)];
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, String(step))?.value;
}

/** The schema that the error is about; ajv hands it out because it is told to be verbose. */
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
      return limit === "1" ? "text that is not empty" : `at least ${limit} characters`;
    case "maxLength":
      return `at most ${limit} characters`;
    case "pattern":
      return `text matching ${schema.pattern ?? ""}`;
    case "minItems":
    case "minProperties":
      return `at least ${limit}`;
    case "maxItems":
    case "maxProperties":
      return `at most ${limit}`;
    case "anyOf":
    case "oneOf":
      return Array.isArray(error.params.passingSchemas)
        ? `only one of ${describe(schema, root)}`
        : describe(schema, root);
    case "false schema":
      return "no such key";
    default:
      return `what the schema says about ${error.keyword}: it ${error.message ?? "does not fit"}`;
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
  const guess = typeof got === "string" ? nearest(got, words) : undefined;
  if (guess !== undefined && words.length > 8) return `${guess} (did you mean that?)`;
  return `${alternatives(words)}${words.length > 3 && guess !== undefined ? ` (did you mean ${guess}?)` : ""}`;
}

/** With `-1s` and `0s` the form is not what is wrong. */
function outOfRange(format: string | undefined, value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const length = parseDuration(value.replace(/^-/, ""));
  if (length === undefined) return undefined;
  if (format === "duration") return ">= 0";
  return format === "positive_duration" ? "> 0" : undefined;
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

function unknownKey(error: ErrorObject, path: Path, root: SchemaObject): UnplacedProblem {
  const key = String(error.params.additionalProperty ?? error.params.unevaluatedProperty);
  const start = scoped(schemaOf(error), root);
  const known =
    start === undefined ? [] : expand(start).flatMap((s) => Object.keys(s.schema.properties ?? {}));
  return unknownKeyComplaint([...path, key], known);
}

/** A key that nobody knows, with the one that was probably meant. */
export function unknownKeyComplaint(path: Path, known: readonly string[]): UnplacedProblem {
  const guess = nearest(String(path.at(-1)), known);
  const words = [...new Set(known)].toSorted();
  const list = words.length === 0 ? "no keys here" : alternatives(words);
  return {
    path,
    got: "an unknown key",
    want: guess === undefined ? list : `${guess} (did you mean that?)`,
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
