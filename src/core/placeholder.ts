const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Returns the names of all placeholders `{{name}}` or `{{ name }}` in `text`. */
export const placeholdersIn = (text: string): readonly string[] =>
  Array.from(text.matchAll(PLACEHOLDER), ([, name = ""]) => name);

/** Replaces each `{{name}}` in `text` by `valueOf(name)`. Placeholders in the inserted values are not replaced. */
export const fillPlaceholders = (text: string, valueOf: (name: string) => string): string =>
  text.replaceAll(PLACEHOLDER, (_whole, name: string) => valueOf(name));

/** Returns the name of the placeholder if `text` is exactly one. */
export const wholePlaceholder = (text: string): string | undefined =>
  /^\{\{\s*([^{}\s]+)\s*\}\}$/.exec(text)?.[1];

/** Maps every string in a JSON value, except keys. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one: unknown) => mapTexts(one, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapTexts(one, change)]));
}
