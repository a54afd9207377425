/**
 * Whether `text` is what `pattern` describes, in which `*` stands for any text; case does not count. The parts between
 * the stars are looked for in their order: no expression, so no text takes long.
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

/** Whether `text` is a name as targets, heartbeats, groups and components have them: letters, digits, `_`, `-` and `.` (not first), at most 128. */
export const isName = (text: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text);
