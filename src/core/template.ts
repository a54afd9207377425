import { escapeHtml } from "./escape.ts";
import { EVENT_FIELDS, type EventField } from "./relay.ts";
import { truncate } from "./truncate.ts";

/** A value that a template inserts: `{{ labels["service.name"] | truncate 80 | html }}`. */
export interface TemplateValue {
  readonly source:
    | { readonly kind: "labels" | "annotations"; readonly name: string }
    | { readonly kind: "field"; readonly field: EventField };
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

/** Replaces each `{{ ... }}` in `text`. Inserted values are not searched for further ones. */
export const fillTemplate = (text: string, valueOf: (value: TemplateValue) => string): string =>
  text.replaceAll(PLACEHOLDER, (_whole, content: string) => {
    const value = parseTemplateValue(content.trim());
    if (typeof value === "string") return "";
    return value.filters.reduce((filled, filter) => filter(filled), valueOf(value));
  });

/** A pipe outside quotes. */
const PARTS = new RegExp(String.raw`(?:[^|"']|${QUOTED})+`, "g");

/** Describes the values and filters of templates in error messages. */
const VALUES = `{{ labels.NAME }}, {{ annotations.NAME }} or one of ${EVENT_FIELDS.join(", ")}`;
const QUOTED_NAMES = 'a quoted name, as in {{ labels["NAME"] }}';
const FILTERS = "truncate LENGTH, html, json or markdown";

/** Parses the content of a placeholder. Returns what is wanted instead if it is invalid. */
export function parseTemplateValue(content: string): TemplateValue | string {
  const [first = "", ...rest] = Array.from(content.matchAll(PARTS), ([part]) => part.trim());
  const source = parseSource(first);
  if (source === undefined) return /^(?:labels|annotations)\b./.test(first) ? QUOTED_NAMES : VALUES;
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
