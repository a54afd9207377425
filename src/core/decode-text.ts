/** Returns the encoding that the byte order mark at the beginning of `bytes` stands for; `undefined` without one. */
export function markedEncoding(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" | undefined {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined;
}

/**
 * Decodes a text file as UTF-8, or as UTF-16 if it begins with the byte order mark of UTF-16, as files of Windows' tools
 * do. The mark itself is not part of the text.
 */
export const decodeText = (bytes: Uint8Array): string =>
  new TextDecoder(markedEncoding(bytes) ?? "utf-8").decode(bytes);
