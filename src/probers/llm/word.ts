/** What words are made of, in any script. */
const LETTER = String.raw`[\p{L}\p{N}\p{M}]`;
/**
 * What joins words to one: hyphens, minus, underscores, characters without width. The em dash is not among them,
 * because it separates clauses.
 */
const JOINER = String.raw`[\-\u2010-\u2013\u2212\uFE63\uFF0D\p{Pc}\p{Cf}]`;

const WORD = new RegExp(`^${LETTER}(?:${JOINER}*${LETTER})*$`, "u");

/** Whether `text` is one word, and so can be found as one. */
export const isWord = (text: string): boolean => WORD.test(text.normalize("NFC"));

/**
 * Whether `word` stands in `text` by itself, in any case: `Healthy!`, `**HEALTHY**` and `_healthy_` contain HEALTHY;
 * `UNHEALTHY`, `NOT_HEALTHY` and `non-healthy` do not. It knows words, not their meaning: "not HEALTHY" contains it.
 */
export function containsWord(text: string, word: string): boolean {
  // Nothing to escape: no character of a word means anything in an expression, outside of brackets.
  const literal = word.normalize("NFC");
  return new RegExp(`(?<!${LETTER}${JOINER}*)${literal}(?!${JOINER}*${LETTER})`, "iu").test(
    text.normalize("NFC"),
  );
}
