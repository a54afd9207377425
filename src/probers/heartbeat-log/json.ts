/** Fields of a heartbeat as its line has them, possibly nested. */
export type Fields = Readonly<Record<string, unknown>>;

/** Braces before the JSON that are tried: a prefix such as `{worker-1}` may have some. */
const MOST_STARTS = 8;

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** JSON.parse, but for the NaN and Infinity that Python writes: they become null. `undefined` when `text` is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (!text.includes("NaN") && !text.includes("Infinity")) return undefined;
  }
  try {
    return JSON.parse(text.replaceAll(TOKEN, (token) => (token.startsWith('"') ? token : "null")));
  } catch {
    return undefined;
  }
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The JSON object in a line, and where it starts; text before and behind it is allowed. */
export function findObject(text: string): { readonly fields: Fields; readonly at: number } | undefined {
  const end = text.lastIndexOf("}") + 1;
  let at = text.indexOf("{");
  for (let tried = 0; tried < MOST_STARTS && at !== -1 && at < end; tried += 1) {
    const fields = parseJson(text.slice(at, end));
    if (isFields(fields)) return { fields, at };
    at = text.indexOf("{", at + 1);
  }
  return undefined;
}
