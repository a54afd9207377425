/** The part of JSON Schema that our schemas use. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly writeOnly?: boolean;
}

/** Returns one table row per option of `schema`; nested options have their path as name. */
export const optionRows = (schema: object): string[] => rows(schema, "");

function rows(schema: Schema, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, option]) => {
    const path = `${prefix}${name}`;
    const needed = schema.required?.includes(name) === true ? "required" : "";
    const preset = option.default === undefined ? needed : `\`${JSON.stringify(option.default)}\``;
    const secret = option.writeOnly === true ? " A secret." : "";
    const row = `| \`${path}\` | ${cell(typeOf(option))} | ${cell(preset)} | ${cell(option.description ?? "")}${secret} |`;
    return [row, ...variants(option).flatMap((variant) => nested(variant, path))];
  });
}

const variants = (schema: Schema): readonly Schema[] => [
  schema,
  ...(schema.anyOf ?? []),
  ...(schema.oneOf ?? []),
];

function nested(schema: Schema, path: string): string[] {
  const deeper = [...rows(schema, `${path}.`)];
  if (schema.items !== undefined) deeper.push(...rows(schema.items, `${path}[].`));
  if (typeof schema.additionalProperties === "object")
    deeper.push(...rows(schema.additionalProperties, `${path}.<name>.`));
  return deeper;
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined)
    return schema.enum.length > 12
      ? `one of ${schema.enum.length} values`
      : schema.enum.map(String).join(", ");
  if (schema.format !== undefined) return schema.format.replaceAll("_", " ");
  const union = schema.anyOf ?? schema.oneOf;
  if (union !== undefined) return [...new Set(union.map(typeOf))].join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  return typeof schema.type === "string" ? schema.type : (schema.type?.join(" or ") ?? "any");
}

/** Escapes a text for a table cell, which a pipe would end. Outside of inline code, what looks like a tag of HTML would be one. */
const cell = (text: string): string =>
  text
    .replaceAll("|", "\\|")
    .replaceAll("\n", " ")
    .replaceAll(/`[^`]*`|<(?=[\w/])/g, (found) => (found === "<" ? "&lt;" : found));
