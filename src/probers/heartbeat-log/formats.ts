import type { Regexp } from "../regexp.ts";
import { type Fields, findObject } from "./json.ts";

/** Fields of a heartbeat, and the text before them. */
export interface ParsedFields {
  readonly fields: Fields;
  readonly prefix: string;
}

/** Reads the fields of a line that has the marker in it; `undefined` when it has none. The text is Latin-1; `value` is the JSON that it is, if it is nothing else. */
export type ParseLine = (line: string, value?: Fields) => ParsedFields | undefined;

/** A JSON object, with any text before and behind it. */
export const parseJsonLine: ParseLine = (line, value) => {
  if (value !== undefined) return { fields: value, prefix: "" };
  const found = findObject(line);
  return found === undefined ? undefined : { fields: found.fields, prefix: line.slice(0, found.at) };
};

const PAIR = /([A-Za-z_@][\w.@-]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))/g;

/** `key=value` pairs as logfmt has them, with any text around. */
export const parseLogfmtLine: ParseLine = (line) => {
  const fields = new Map<string, unknown>();
  let first: number | undefined;
  for (const { index, 1: key = "", 2: quoted, 3: bare = "" } of asUtf8(line).matchAll(PAIR)) {
    first ??= index;
    fields.set(key, quoted === undefined ? plain(bare) : quoted.replaceAll(/\\(.)/g, "$1"));
  }
  return first === undefined
    ? undefined
    : { fields: Object.fromEntries(fields), prefix: line.slice(0, first) };
};

/** What the named groups of an expression catch. */
export const parseWith =
  (expression: Regexp): ParseLine =>
  (line) => {
    const text = asUtf8(line);
    const groups = expression.groups(text);
    if (groups === undefined) return undefined;
    const fields = Object.entries(groups).map(([name, value]) => [name, plain(value)] as const);
    return { fields: Object.fromEntries(fields), prefix: text };
  };

/** What a text without quotes says: a number or boolean if it is one. */
function plain(text: string): unknown {
  if (/^(true|false)$/i.test(text)) return /^t/i.test(text);
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : text;
}

/** Lines are read as Latin-1, which loses nothing whatever they are; what is no Latin-1 has been decoded already. */
export function asUtf8(text: string): string {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 0xff) return text;
  return Buffer.from(text, "latin1").toString("utf8");
}
