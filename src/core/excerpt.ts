import { REDACTED } from "./secret.ts";
import { truncate } from "./truncate.ts";

const LONGEST_EXCERPT = 500;

/**
 * Makes text from outside fit for a log line or a label: one line, well-formed, cut to `length` characters.
 * @param secrets texts to redact, in case a server repeats what it was sent
 */
export function excerpt(text: string, secrets: readonly string[] = [], length = LONGEST_EXCERPT): string {
  // Cut first, so that a long text costs no more than a short one, but leave room for a secret that crosses the cut.
  const longest = Math.max(0, ...secrets.map((secret) => secret.length));
  let part = truncate(text, length + longest);
  for (const secret of secrets) if (secret !== "") part = part.replaceAll(secret, REDACTED);
  // Redaction shortens the part, so that its end, possibly the beginning of another secret, moves into view.
  if (text.length > length + longest) part = part.slice(0, part.length - cutSecret(part, secrets));
  const cut = truncate(part, length).toWellFormed();
  // Line separators and marks that reorder text would let an answer forge the text around it.
  const visible = cut.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escape);
  return text.length > length ? `${visible}...` : visible;
}

/** Returns the length of the end of `part` that is the beginning of a secret. */
function cutSecret(part: string, secrets: readonly string[]): number {
  let longest = 0;
  for (const secret of secrets) {
    for (let length = longest + 1; length < secret.length; length++) {
      if (part.endsWith(secret.slice(0, length))) longest = length;
    }
  }
  return longest;
}

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

const escape = (character: string): string =>
  ESCAPES[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
