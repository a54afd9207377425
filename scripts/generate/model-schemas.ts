import { readdirSync, readFileSync } from "node:fs";
import { TARGET_STATUSES } from "../../src/core/status.ts";
import { CHART_WINDOWS, SUBJECT_KINDS, UPTIME_WINDOWS } from "../../src/page/model/words.ts";

type Schema = Readonly<Record<string, unknown>>;

const FOLDER = new URL("../../src/page/model/", import.meta.url);

/** Types of words, whose values are lists of the code. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  SubjectKind: SUBJECT_KINDS,
  ChartWindow: CHART_WINDOWS,
  UptimeWindow: UPTIME_WINDOWS,
  TargetStatus: TARGET_STATUSES,
};

const recordOf = (keys: readonly string[], value: Schema): Schema => ({
  type: "object",
  properties: Object.fromEntries(keys.map((key) => [key, value])),
  required: keys,
});

/** Types that are no interfaces. */
const ALIASES: Readonly<Record<string, Schema>> = {
  JsonTime: { type: "string", format: "date-time" },
  StatusCounts: recordOf(TARGET_STATUSES, { type: "integer" }),
  Uptimes: recordOf(UPTIME_WINDOWS, { type: ["number", "null"], minimum: 0, maximum: 1 }),
  DayBar: { type: "array", items: { type: ["number", "null"] } },
  Sparkline: { type: "array", items: { type: ["number", "null"] } },
};

/** Generates `src/server/openapi/model-schemas.ts` from the types of the page's model, so that neither is written twice. */
export function modelSchemas(): string {
  const schemas = Object.fromEntries(
    readdirSync(FOLDER)
      .toSorted()
      .flatMap((name) => interfacesIn(readFileSync(new URL(name, FOLDER), "utf8"))),
  );
  return `// biome-ignore-all format: generated
/** The schemas of the page's model, generated from \`src/page/model\` by \`npm run generate\`. */
export const MODEL_SCHEMAS: Readonly<Record<string, object>> = ${JSON.stringify(schemas, null, 2)};
`;
}

const INTERFACE = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export interface (\w+) (\{[\s\S]*?\n\})/g;

function interfacesIn(source: string): readonly (readonly [string, Schema])[] {
  return [...source.matchAll(INTERFACE)]
    .filter(([, , name = ""]) => !name.endsWith("Query"))
    .map(([, comment, name = "", body = ""]) => [
      name,
      { ...described(comment), ...createParser(body).type() },
    ]);
}

/** Returns the text of a comment as a description. */
function described(comment: string | undefined): Schema {
  if (comment === undefined) return {};
  const text = comment
    .split("\n")
    .map((line) => line.replace(/^\s*\*? ?/, "").trim())
    .join(" ")
    .replaceAll(/\{@link (\w+)\}/g, "$1")
    .trim();
  return { description: text };
}

const TOKEN = /\s*(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/|("[^"]*")|(\w+)|(\?:|[{}[\]()<>|&;:,]))/y;

/** Parses the types that the model uses; throws at any other. */
function createParser(source: string) {
  const tokens: { readonly text: string; readonly comment: boolean }[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(source); match !== null; match = TOKEN.exec(source)) {
    const [, comment, text, word, sign] = match;
    tokens.push({ text: comment ?? text ?? word ?? sign ?? "", comment: comment !== undefined });
  }
  let at = 0;
  const peek = (): string => tokens[at]?.text ?? "";
  const next = (): string => tokens[at++]?.text ?? "";
  const take = (want: string): void => {
    const got = next();
    if (got !== want) throw new Error(`got ${JSON.stringify(got)}, want ${want} in ${source}`);
  };

  const type = (): Schema => {
    const parts = [intersection()];
    while (peek() === "|") {
      take("|");
      parts.push(intersection());
    }
    return unionOf(parts);
  };
  const intersection = (): Schema => {
    const parts = [single()];
    while (peek() === "&") {
      take("&");
      parts.push(single());
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { allOf: parts };
  };
  const single = (): Schema => {
    if (peek() === "readonly") take("readonly");
    let schema = primary();
    while (peek() === "[") {
      take("[");
      take("]");
      schema = { type: "array", items: schema };
    }
    return schema;
  };
  const primary = (): Schema => {
    const token = next();
    if (token === "{") return object();
    if (token === "(") {
      const schema = type();
      take(")");
      return schema;
    }
    if (token.startsWith('"')) return { enum: [JSON.parse(token)] };
    if (token === "Readonly") {
      take("<");
      const schema = type();
      take(">");
      return schema;
    }
    if (token === "Record") {
      take("<");
      type();
      take(",");
      const additionalProperties = type();
      take(">");
      return { type: "object", additionalProperties };
    }
    return named(token);
  };
  const object = (): Schema => {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    let comment: string | undefined;
    while (peek() !== "}") {
      if (tokens[at]?.comment) {
        comment = next();
        continue;
      }
      take("readonly");
      const key = next();
      const isOptional = next() === "?:";
      properties[key] = { ...described(comment), ...type() };
      comment = undefined;
      if (peek() === ";") take(";");
      if (!isOptional) required.push(key);
    }
    take("}");
    return { type: "object", properties, required };
  };
  return { type };
}

function named(name: string): Schema {
  if (name === "string" || name === "number" || name === "boolean") return { type: name };
  if (name === "null") return { type: "null" };
  const words = WORDS[name];
  if (words !== undefined) return { enum: words };
  return ALIASES[name] ?? { $ref: `#/components/schemas/${name}` };
}

/** Joins types: literals become one list, and a type that may be null a list of types. */
function unionOf(parts: readonly Schema[]): Schema {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const isNull = ({ type }: Schema): boolean => type === "null";
  const others = parts.filter((part) => !isNull(part));
  const hasNull = others.length < parts.length;
  const values = others.flatMap((part) => (part["enum"] as readonly unknown[] | undefined) ?? []);
  if (others.every((part) => part["enum"] !== undefined))
    return { enum: hasNull ? [...values, null] : values };
  const [first] = others;
  if (
    others.length === 1 &&
    first !== undefined &&
    typeof first["type"] === "string" &&
    first["type"] !== "object"
  ) {
    return hasNull ? { ...first, type: [first["type"], "null"] } : first;
  }
  return { anyOf: parts };
}
