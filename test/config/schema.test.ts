import { describe, expect, test } from "vitest";
import { FORMATS } from "../../src/config/document/formats.ts";
import { createValidator } from "../../src/config/document/validate.ts";
import { configSchema } from "../../src/config/schema.ts";
import { webSchema } from "../../src/config/web/schema.ts";
import { deps } from "./stand-ins.ts";

interface Option {
  readonly path: string;
  readonly schema: object;
}

/** Returns every option of a schema, nested options and options of entries included. */
function optionsOf(schema: object, path: string): readonly Option[] {
  return Object.entries(schema).flatMap(([keyword, value]: [string, unknown]): readonly Option[] => {
    if (typeof value !== "object" || value === null) return [];
    if (keyword === "properties") {
      return Object.entries(value).flatMap(([name, option]: [string, object]) => [
        { path: `${path}.${name}`, schema: option },
        ...optionsOf(option, `${path}.${name}`),
      ]);
    }
    if (["anyOf", "oneOf"].includes(keyword)) {
      return Object.values(value).flatMap((branch: object) => optionsOf(branch, path));
    }
    return ["items", "additionalProperties"].includes(keyword) ? optionsOf(value, `${path}[]`) : [];
  });
}

const options = [...optionsOf(configSchema, "config"), ...optionsOf(webSchema, "web")];

describe("the schemas of the configuration", () => {
  test("describe every option for the reference documentation", () => {
    const missing = options.filter(({ schema }) => !("description" in schema)).map(({ path }) => path);
    expect(options.length).toBeGreaterThan(200);
    expect(missing).toEqual([]);
  });

  test("accept their own defaults, which are applied without validation", () => {
    const validator = createValidator({ ...FORMATS, ...deps.formats });
    const defaults = options.filter(({ schema }) => "default" in schema);
    const problems = defaults.flatMap(({ path, schema }) =>
      validator
        .check(schema, "default" in schema ? schema.default : undefined)
        .map(({ want }) => `${path}: ${want}`),
    );
    expect(defaults.length).toBeGreaterThan(30);
    expect(problems).toEqual([]);
  });
});
