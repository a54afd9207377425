const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** The names that stand in `text` as `{{name}}` or `{{ name }}`. */
export const placeholdersIn = (text: string): readonly string[] =>
  Array.from(text.matchAll(PLACEHOLDER), ([, name = ""]) => name);

/** `text` with each `{{name}}` replaced by what `valueOf` says; what is put in is not looked at again. */
export const fillPlaceholders = (text: string, valueOf: (name: string) => string): string =>
  text.replaceAll(PLACEHOLDER, (_whole, name: string) => valueOf(name));

/** The name of the placeholder that `text` as a whole is. */
export const wholePlaceholder = (text: string): string | undefined =>
  /^\{\{\s*([^{}\s]+)\s*\}\}$/.exec(text)?.[1];

/** Changes every text in a value of JSON; keys stay as they are. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one: unknown) => mapTexts(one, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapTexts(one, change)]));
}
