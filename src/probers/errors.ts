/** Describes an error by its message and its code, and the error of several addresses by each of them. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.map(describeError).join("; ");
  const code = codeOf(error);
  const message = error.message === "" ? error.name : error.message;
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}

/**
 * Reports whether Node.js gave up an address of a name to try the next one, after a quarter of a second. Its timer runs before
 * a connection that was made during a stall of the event loop is noticed. An attempt that a stall ended is made again.
 */
export function gaveUpAddress(error: unknown): boolean {
  const cause = rootCause(error);
  return cause instanceof AggregateError && cause.errors.some((one) => codeOf(one) === "ETIMEDOUT");
}

/** Returns the error that the others were caused by. */
export const rootCause = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? rootCause(error.cause) : error;

/** Returns the `code` of an error of Node.js. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
