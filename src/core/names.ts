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

/** Describes what `isHostHeader` accepts in error messages. */
export const HOST_HEADER_FORM = "a host name or an IP address in ASCII, optionally with :port";

/**
 * Reports whether `text` can be a Host header: a name, or an IP address (IPv6 in brackets), and a port. In particular it has
 * no character that would end the header, or become another part of a URL.
 */
export const isHostHeader = (text: string): boolean =>
  text.length <= 261 && /^(?:[A-Za-z0-9._~!$&'()*+,;=-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(text);
