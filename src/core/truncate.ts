/** Created with the first text that is too long: the data of languages takes a megabyte of memory. */
let graphemes: Intl.Segmenter | undefined;

/** Longest grapheme that is kept whole, in UTF-16 code units: longer than any emoji, even of a family or a flag. */
const LONGEST_GRAPHEME = 64;

/** The first half of a surrogate pair, at the end of a text that was cut inside it. */
const HALF_PAIR = /[\ud800-\udbff]$/;

/**
 * Returns the longest beginning of `text` with at most `length` UTF-16 code units that does not end inside a character as
 * people see it: an emoji, or a letter with its accents.
 */
export function truncate(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = Math.max(0, length);
  const beginning = text.slice(0, end + LONGEST_GRAPHEME);
  graphemes ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  const start = graphemes.segment(beginning).containing(end)?.index ?? end;
  if (end - start < LONGEST_GRAPHEME) return text.slice(0, start);
  // An endless pile of accents is cut between two code points.
  return text.slice(0, end).replace(HALF_PAIR, "");
}

/** Truncates `text` and appends `...` if that removed anything. */
export const truncateWithDots = (text: string, length: number): string =>
  text.length > length ? `${truncate(text, length)}...` : text;

/** Decodes the beginning of a UTF-8 text whose end was cut off, without the character that the cut may have divided. */
export const decodeBeginning = (bytes: Buffer): string => new TextDecoder().decode(bytes, { stream: true });
