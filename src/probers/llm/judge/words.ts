/** A letter, digit or combining mark of any script. */
const LETTER = String.raw`[\p{L}\p{N}\p{M}]`;
/** A character that joins letters to one word: hyphen, minus, underscore, zero width. The em dash separates clauses. */
const JOINER = String.raw`[\-\u2010-\u2013\u2212\uFE63\uFF0D\p{Pc}\p{Cf}]`;

const WORD = new RegExp(`^${LETTER}(?:${JOINER}*${LETTER})*$`, "u");

/** Returns true if `text` is a single word, so that `containsWord` can find it. */
export const isWord = (text: string): boolean => WORD.test(text.normalize("NFC"));

/**
 * Returns true if `text` contains `word` as a whole word, in any case: `Healthy!`, `**HEALTHY**` and `_healthy_` contain
 * HEALTHY; `UNHEALTHY`, `NOT_HEALTHY` and `non-healthy` do not. Negation is not understood: "not HEALTHY" contains it.
 */
export function containsWord(text: string, word: string): boolean {
  // No character of a word needs escaping outside of brackets.
  const literal = word.normalize("NFC");
  return new RegExp(`(?<!${LETTER}${JOINER}*)${literal}(?!${JOINER}*${LETTER})`, "iu").test(
    text.normalize("NFC"),
  );
}

/**
 * A number, possibly with separated thousands, a fraction and an exponent. Not matched are digits after a letter or after a
 * letter and a hyphen, which are part of a name (`GPT-4`), and versions (`1.2.3`). A minus after a digit is a hyphen (`10-20`).
 */
const NUMBER =
  /(?<![\p{L}\p{N}_.,]|\p{L}-)(?:(?<![\p{L}\p{N}_])[-+\u2212])?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?(?![\p{L}\p{N}_]|\.\d)/gu;

/** Returns the last number in `text`: the result, if the answer shows its work (`27 + 15 = 42`). */
export function lastNumberIn(text: string): number | undefined {
  let last: string | undefined;
  for (const [found] of text.matchAll(NUMBER)) last = found;
  return last === undefined ? undefined : Number(last.replaceAll(",", "").replace("\u2212", "-"));
}
