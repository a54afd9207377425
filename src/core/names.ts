/**
 * Reports whether `text` matches `pattern`, in which `*` matches any text, ignoring case. Searches for the parts between
 * the stars in order instead of using a regular expression, so that no text takes long.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.toLowerCase().split("*");
  const last = rest.pop();
  const subject = text.toLowerCase();
  if (last === undefined) return subject === first;
  let at = first.length;
  if (!subject.startsWith(first)) return false;
  for (const part of rest) {
    const found = subject.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return subject.length - last.length >= at && subject.endsWith(last);
}

/** Reports whether `text` is a valid name of a target, heartbeat, group or component: 1 to 128 letters, digits, `_`, `-` and `.`; the first is not `-` or `.`. */
export const isName = (text: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text);
