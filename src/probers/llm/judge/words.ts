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

/**
 * A number by itself: with separated thousands, a fraction, an exponent. What stands behind a letter, with or without a
 * hyphen, belongs to a name (`GPT-4`), and what has two points is a version; behind a digit a minus is a hyphen (`10-20`).
 */
const NUMBER =
  /(?<![\p{L}\p{N}_.,]|\p{L}-)(?:(?<![\p{L}\p{N}_])[-+\u2212])?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?(?![\p{L}\p{N}_]|\.\d)/gu;

/** The last number in `text`, which is where an answer ends that shows its way: `27 + 15 = 42`. */
export function lastNumberIn(text: string): number | undefined {
  let last: string | undefined;
  for (const [found] of text.matchAll(NUMBER)) last = found;
  return last === undefined ? undefined : Number(last.replaceAll(",", "").replace("\u2212", "-"));
}
