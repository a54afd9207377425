/** Control characters, line separators and marks that reorder text. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Escapes untrusted text to one line that cannot move the cursor of a terminal or imitate the output around it. */
export const visible = (text: string): string =>
  text.toWellFormed().replace(INVISIBLE, (c) => `\\u{${Number(c.codePointAt(0)).toString(16)}}`);

const HTML = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
} as const;

/** Escapes text for HTML, between tags and in quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => HTML[c as keyof typeof HTML]);
