/** Control characters, line separators and marks that reorder text. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text of outside as one harmless line: it can neither move the cursor of a terminal nor forge what is around it. */
export const visible = (text: string): string =>
  text.toWellFormed().replace(UNSEEN, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
