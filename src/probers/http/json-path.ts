/** A value found in JSON, with what each `*` of the path stood for. */
export interface Found {
  readonly value: unknown;
  readonly steps: readonly string[];
}

/**
 * Reads a JSON pointer (RFC 6901, beginning with a slash) or a path with dots. In both `*` stands for every key of an
 * object or element of an array.
 */
export function parsePath(text: string): readonly string[] {
  if (!text.startsWith("/")) return text.split(".");
  return text
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Everything that `path` leads to, in the order of the document; nothing where it leads nowhere. */
export function findInJson(root: unknown, path: readonly string[]): readonly Found[] {
  let found: readonly Found[] = [{ value: root, steps: [] }];
  for (const step of path) {
    found = found.flatMap(({ value, steps }) => {
      if (typeof value !== "object" || value === null) return [];
      if (step === "*")
        return Object.entries(value).map(([key, inner]) => ({ value: inner, steps: [...steps, key] }));
      if (!Object.hasOwn(value, step)) return [];
      return [{ value: (value as Readonly<Record<string, unknown>>)[step], steps }];
    });
  }
  return found;
}
