/** The fields of a heartbeat, possibly nested. */
export type Fields = Readonly<Record<string, unknown>>;

/** Most opening braces that are tried as the start of the JSON, because a prefix such as `{worker-1}` may contain some. */
const MOST_STARTS = 8;

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** Parses JSON; the NaN and Infinity that Python writes become null. Returns `undefined` if `text` is not JSON. */
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

/** Returns true for a JSON object, false for an array. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Finds the JSON object in a line, with any text before and after it. Returns its fields and position. */
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
