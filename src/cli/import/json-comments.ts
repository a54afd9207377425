/** Strings, whatever stands in them, or one comment to the end of its line. */
const STRING_OR_COMMENT = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*/g;

/** JSON without its `//` comments; everything else stays where it was, so that places in errors are right. */
export const withoutComments = (text: string): string =>
  text.replace(STRING_OR_COMMENT, (part) => (part.startsWith('"') ? part : " ".repeat(part.length)));
