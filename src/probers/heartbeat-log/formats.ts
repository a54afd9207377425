import type { Regexp } from "../regexp.ts";
import { type Fields, findObject } from "./json.ts";

/** The fields of a heartbeat, and the text before them. */
export interface ParsedFields {
  readonly fields: Fields;
  readonly prefix: string;
}

/**
 * Parses the fields of a line with the marker; returns `undefined` if it has none. The line is Latin-1, and `value` is its
 * parsed JSON if the whole line is a JSON object.
 */
export type ParseLine = (line: string, value?: Fields) => ParsedFields | undefined;

/** Parses a JSON object, with any text before and after it. */
export const parseJsonLine: ParseLine = (line, value) => {
  if (value !== undefined) return { fields: value, prefix: "" };
  const found = findObject(line);
  return found === undefined ? undefined : { fields: found.fields, prefix: line.slice(0, found.at) };
};

const PAIR = /([A-Za-z_@][\w.@-]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))/g;

/** Parses `key=value` pairs as in logfmt, with any text around them. */
export const parseLogfmtLine: ParseLine = (line) => {
  const fields = new Map<string, unknown>();
  let first: number | undefined;
  for (const { index, 1: key = "", 2: quoted, 3: bare = "" } of asUtf8(line).matchAll(PAIR)) {
    first ??= index;
    fields.set(key, quoted === undefined ? bareValue(bare) : quoted.replaceAll(/\\(.)/g, "$1"));
  }
  return first === undefined
    ? undefined
    : { fields: Object.fromEntries(fields), prefix: line.slice(0, first) };
};

/** Returns a parser whose fields are the named groups of an expression. */
export const parseWith =
  (expression: Regexp): ParseLine =>
  (line) => {
    const text = asUtf8(line);
    const groups = expression.groups(text);
    if (groups === undefined) return undefined;
    const fields = Object.entries(groups).map(([name, value]) => [name, bareValue(value)] as const);
    return { fields: Object.fromEntries(fields), prefix: text };
  };

/** Parses a text without quotes: a number, a boolean, or else the text itself. */
function bareValue(text: string): unknown {
  if (/^(true|false)$/i.test(text)) return /^t/i.test(text);
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : text;
}

/** Decodes a line, which is read as Latin-1 to lose no bytes, as UTF-8. A text with other characters is decoded already. */
export function asUtf8(text: string): string {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 0xff) return text;
  return Buffer.from(text, "latin1").toString("utf8");
}
