/** A question whose answer becomes a part of the configuration. */
export interface Question<Value> {
  /** The flag that answers it. */
  readonly flag: string;
  readonly text: string;
  /** The answer of an empty line, and without a terminal. */
  readonly fallback: string;
  /** @throws AnswerError if the answer has another form */
  read(answer: string): Value;
}

/** Asks a question until there is a valid answer. */
export type Ask = <Value>(question: Question<Value>) => Promise<Value>;

/** An answer of another form than wanted. It does not repeat the answer, which may be a secret that was pasted. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";

  /** @param want the form of a valid answer */
  constructor(want: string) {
    super(`want ${want}`);
  }
}

/** The word for an answer without a value. */
export const NONE = "none";

/**
 * Returns the items of an answer: separated by semicolons, or by commas with a space, because a field of cron has commas without.
 */
export const listOf = (answer: string): readonly string[] =>
  answer === NONE
    ? []
    : answer
        .split(/;|,\s+|,$/)
        .map((item) => item.trim())
        .filter((item) => item !== "");

/** Joins items to an answer that `listOf` takes apart. */
export const answerOf = (items: readonly string[]): string => items.join("; ");

/** Reads an http or https URL. */
export function readUrl(answer: string): URL {
  const url = URL.canParse(answer) ? new URL(answer) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new AnswerError("a URL such as https://example.com");
  if (url.username !== "" || url.password !== "") throw new AnswerError("a URL without user and password");
  return url;
}
