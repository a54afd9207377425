const POWERS: Readonly<Record<string, number>> = { "": 0, k: 1, m: 2, g: 3, t: 4, p: 5, e: 6 };
const PART = /(\d+(?:\.\d*)?|\.\d+)([kmgtpe]?)i?b/giy;

/** What a size looks like, for messages. */
export const SIZE_FORM = "a size such as 512B, 10KB or 1.5MiB";

/**
 * Parses a size of Prometheus: `KB` and `KiB` are both 1024 bytes, parts add up (`1MB512KB`), and only 0 needs no
 * unit. A negative size stands for no limit, as in blackbox_exporter.
 * @returns bytes, or `undefined` when `text` is no size
 */
export function parseSize(text: string): number | undefined {
  if (text.startsWith("-")) return parseSize(text.slice(1)) === undefined ? undefined : 0;
  if (text === "0") return 0;
  let total = 0;
  let end = 0;
  for (const part of text.matchAll(PART)) {
    total += Number(part[1]) * 1024 ** (POWERS[(part[2] ?? "").toLowerCase()] ?? 0);
    end = part.index + part[0].length;
  }
  return end === text.length && end > 0 ? Math.floor(total) : undefined;
}
