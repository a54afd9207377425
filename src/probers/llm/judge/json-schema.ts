import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { compileRegexp } from "../../regexp.ts";
import { type PromptValues, placeholder, placeholdersIn } from "./prompt.ts";

/** Validates a value. Returns what is wrong with it, or `undefined` if it is valid. */
export type Validate = (value: unknown, values: PromptValues) => string | undefined;

/**
 * Compiles a JSON Schema, which may contain `{{nonce}}`.
 * @returns a validator, or what is wrong with the schema
 */
export function compileSchema(schema: object): Validate | string {
  const unsupported = [...placeholdersIn(JSON.stringify(schema))].find((name) => name !== "nonce");
  if (unsupported !== undefined) return `the placeholder ${placeholder(unsupported)}`;
  let validate: ValidateFunction;
  try {
    validate = newAjv().compile(schema);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return (value, values) => {
    try {
      // The schema is compiled once, so the random value is turned back into its placeholder in the answer instead.
      if (validate(withPlaceholder(value, values.nonce))) return undefined;
    } catch {
      return "nested too deeply to be validated";
    }
    const error = validate.errors?.[0];
    return `JSON at ${error?.instancePath || "/"} ${error?.message ?? "is invalid"}`;
  };
}

function newAjv(): Ajv2020 {
  // RE2 bounds the time that `pattern` takes, whatever the answer is.
  const regExp = Object.assign(
    (source: string) => {
      const expression = compileRegexp(source);
      // ajv caches expressions by the result of `toString`.
      return { test: (text: string) => expression.matches(text), toString: () => source };
    },
    { code: "re2" },
  );
  return new Ajv2020({ strict: false, logger: false, validateFormats: false, code: { regExp } });
}

function withPlaceholder(value: unknown, nonce: string): unknown {
  if (typeof value === "string") return value.replaceAll(nonce, placeholder("nonce"));
  if (Array.isArray(value)) return value.map((element) => withPlaceholder(element, nonce));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, withPlaceholder(field, nonce)]),
  );
}
