/**
 * Returns true if a JSON text has more than `most` arrays and objects. One takes some 60 bytes of memory for two bytes of text, and
 * parsing is mostly making them.
 */
export function hasMoreContainers(text: string, most: number): boolean {
  if (text.length <= most) return false;
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // `[` and `{`, also in strings: an exact count would be a parser.
    if (code === 0x5b || code === 0x7b) count += 1;
  }
  return count > most;
}
