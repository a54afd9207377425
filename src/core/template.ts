import { escapeHtml } from "./escape.ts";
import { EVENT_FIELDS, type EventField } from "./relay.ts";
import { truncate } from "./truncate.ts";

/** A value that a template inserts: `{{ labels["service.name"] | truncate 80 | html }}`. */
export interface TemplateValue<Field extends string = EventField> {
  readonly source:
    | { readonly kind: "labels" | "annotations"; readonly name: string }
    | { readonly kind: "field"; readonly field: Field };
  /** Applied in order. */
  readonly filters: readonly Filter[];
}

type Filter = (text: string) => string;

/** A quoted text, with backslashes as in JSON, or in single quotes. */
const QUOTED = String.raw`"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'`;

/** `{{ ... }}`. Braces may stand in quoted names only. */
const PLACEHOLDER = new RegExp(String.raw`\{\{((?:[^{}"']|${QUOTED})*|[^{}]*)\}\}`, "g");

/** Returns the content of each `{{ ... }}` in `text`. */
export const templateValuesIn = (text: string): readonly string[] =>
  Array.from(text.matchAll(PLACEHOLDER), ([, content = ""]) => content.trim());

/** Replaces each `{{ ... }}` in `text`, by the fields of relays. Inserted values are not searched for further ones. */
export const fillTemplate = (text: string, valueOf: (value: TemplateValue) => string): string =>
  fill(text, (content) => parseTemplateValue(content), valueOf);

/** Replaces each `{{ FIELD }}` in `text`. */
export const fillFields = <Field extends string>(
  text: string,
  fields: readonly Field[],
  valueOf: (field: Field) => string,
): string =>
  fill(
    text,
    (content) => parseField(content, fields),
    ({ source }) => (source.kind === "field" ? valueOf(source.field) : ""),
  );

const fill = <Field extends string>(
  text: string,
  parse: (content: string) => TemplateValue<Field> | string,
  valueOf: (value: TemplateValue<Field>) => string,
): string =>
  text.replaceAll(PLACEHOLDER, (_whole, content: string) => {
    const value = parse(content.trim());
    if (typeof value === "string") return "";
    return value.filters.reduce((filled, filter) => filter(filled), valueOf(value));
  });

/** A pipe outside quotes. */
const PARTS = new RegExp(String.raw`(?:[^|"']|${QUOTED})+`, "g");

/** Describes the values and filters of templates in error messages. */
const VALUES = `{{ labels.NAME }}, {{ annotations.NAME }} or one of ${EVENT_FIELDS.join(", ")}`;
const QUOTED_NAMES = 'a quoted name, as in {{ labels["NAME"] }}';
const FILTERS = "truncate LENGTH, html, json or markdown";

/** Parses the content of a placeholder of a relay. Returns what is wanted instead if it is invalid. */
export const parseTemplateValue = (content: string): TemplateValue | string =>
  parse(content, parseSource, (first) => (/^(?:labels|annotations)\b./.test(first) ? QUOTED_NAMES : VALUES));

/** Parses the content of a placeholder that stands for one of `fields`. Returns what is wanted instead if it is invalid. */
export const parseField = <Field extends string>(
  content: string,
  fields: readonly Field[],
): TemplateValue<Field> | string =>
  parse(
    content,
    (text) => {
      const field = fields.find((one) => one === text);
      return field === undefined ? undefined : { kind: "field", field };
    },
    () => `one of ${fields.join(", ")}`,
  );

function parse<Field extends string>(
  content: string,
  sourceOf: (text: string) => TemplateValue<Field>["source"] | undefined,
  want: (text: string) => string,
): TemplateValue<Field> | string {
  const [first = "", ...rest] = Array.from(content.matchAll(PARTS), ([part]) => part.trim());
  const source = sourceOf(first);
  if (source === undefined) return want(first);
  // Between the parts there are only their pipes.
  if (content.replaceAll(PARTS, "") !== "|".repeat(rest.length)) return `after "|" one of ${FILTERS}`;
  const filters: Filter[] = [];
  for (const text of rest) {
    const filter = parseFilter(text);
    if (filter === undefined) return `after "|" one of ${FILTERS}`;
    filters.push(filter);
  }
  return { source, filters };
}

function parseSource(text: string): TemplateValue["source"] | undefined {
  const field = EVENT_FIELDS.find((one) => one === text);
  if (field !== undefined) return { kind: "field", field };
  const [, kind, plain, bracketed, dotted] = SOURCE.exec(text) ?? [];
  if (kind !== "labels" && kind !== "annotations") return undefined;
  const quoted = bracketed ?? dotted;
  const name = quoted === undefined ? plain : unquote(quoted);
  return name === undefined || name === "" ? undefined : { kind, name };
}

/** Names without quotes are letters and digits of any language, `_`, `.`, `:`, `-` and `/`. */
const SOURCE = new RegExp(
  String.raw`^(labels|annotations)(?:\.([\p{L}_][\p{L}\p{M}\p{N}_.:/-]*)|\[\s*(${QUOTED})\s*\]|\.(${QUOTED}))$`,
  "u",
);

/** Returns the content of a quoted text; `undefined` if it has an unknown escape sequence. */
function unquote(quoted: string): string | undefined {
  const inner = quoted.slice(1, -1);
  const json = quoted.startsWith('"') ? inner : inner.replaceAll("\\'", "'").replaceAll('"', '\\"');
  try {
    return String(JSON.parse(`"${json}"`));
  } catch {
    return undefined;
  }
}

/** Longest text that a template can ask for, in UTF-16 code units. */
const LONGEST = 100_000;

function parseFilter(text: string): Filter | undefined {
  const [, digits] = /^truncate\s+(\d+)$/.exec(text) ?? [];
  if (digits !== undefined) {
    const length = Number(digits);
    return length > 0 && length <= LONGEST ? (value) => truncate(value, length) : undefined;
  }
  return Object.hasOwn(ESCAPES, text) ? ESCAPES[text] : undefined;
}

const ESCAPES: Readonly<Record<string, Filter>> = {
  html: escapeHtml,
  // A string literal with its quotes.
  json: (value) => JSON.stringify(value.toWellFormed()),
  // CommonMark and Telegram's MarkdownV2 take a backslash before any ASCII punctuation as an escape.
  markdown: (value) => value.replaceAll(/[!-/:-@[-`{-~]/g, String.raw`\$&`),
};
