import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { compileRegexp } from "../../regexp.ts";
import { type PromptValues, placeholder, placeholdersIn } from "./prompt.ts";

/** Holds a value against a schema: what is wrong with it, `undefined` when nothing is. */
export type Validate = (value: unknown, values: PromptValues) => string | undefined;

/** Compiles `schema`, in which `{{nonce}}` may stand. @returns what is wrong with it when it is none */
export function compileSchema(schema: object): Validate | string {
  const foreign = [...placeholdersIn(JSON.stringify(schema))].find((name) => name !== "nonce");
  if (foreign !== undefined) return `${placeholder(foreign)}, which a schema does not know`;
  let validate: ValidateFunction;
  try {
    validate = newAjv().compile(schema);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return (value, values) => {
    try {
      // The schema is compiled once, so it is the answer in which the random value turns back into its placeholder.
      if (validate(withPlaceholder(value, values.nonce))) return undefined;
    } catch {
      return "too deep to be held against the JSON schema";
    }
    const error = validate.errors?.[0];
    return `JSON at ${error?.instancePath || "/"} ${error?.message ?? "is invalid"}`;
  };
}

function newAjv(): Ajv2020 {
  // `pattern` runs with RE2 too, so that no answer can make it run for ever.
  const regExp = Object.assign(
    (source: string) => {
      const expression = compileRegexp(source);
      // ajv keeps expressions by their text: without one of their own all would be the first.
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
