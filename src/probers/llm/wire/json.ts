/** A JSON object whose fields nobody has looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** `value` when it is a JSON object, else an empty one: what is missing and what is of another type read alike. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** Whether `value` is a JSON object, not an array. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `value` when it is a string that says something. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** `value` when it can be a count. */
export const countOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;

/** First element of `value` when it is an array. */
export const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : undefined);
