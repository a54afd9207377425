import { REDACTED } from "../../../core/secret.ts";

const LONGEST_EXCERPT = 500;

/**
 * `text` of outside, made fit for a log line or a label: one line, well-formed, cut to `length` characters.
 * @param secrets what must not appear, should a server repeat what it was sent
 */
export function excerpt(text: string, secrets: readonly string[] = [], length = LONGEST_EXCERPT): string {
  // Cut first, so that a long text costs no more than a short one, but leave room for a secret across the cut.
  const longest = Math.max(0, ...secrets.map((secret) => secret.length));
  let part = text.slice(0, length + longest);
  for (const secret of secrets) if (secret !== "") part = part.replaceAll(secret, REDACTED);
  // Each replaced secret brings the end of the part nearer, and that may be the beginning of one more.
  if (text.length > length + longest) part = part.slice(0, part.length - cutSecret(part, secrets));
  const cut = part.slice(0, length).toWellFormed();
  // Line separators and marks that reorder text would let an answer forge what is around it.
  const visible = cut.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
  return text.length > length ? `${visible}...` : visible;
}

/** How much of the end of `part` is the beginning of a secret. */
function cutSecret(part: string, secrets: readonly string[]): number {
  let most = 0;
  for (const secret of secrets) {
    for (let length = most + 1; length < secret.length; length++) {
      if (part.endsWith(secret.slice(0, length))) most = length;
    }
  }
  return most;
}

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

const escaped = (character: string): string =>
  NAMED[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
