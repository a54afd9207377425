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
