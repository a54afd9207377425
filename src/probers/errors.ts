/** Describes an error by its message and its code, and the error of several addresses by each of them. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.map(describeError).join("; ");
  const code = codeOf(error);
  const message = error.message === "" ? error.name : error.message;
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}

/** Returns the `code` of an error of Node.js. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
