import { readFileSync, statSync } from "node:fs";
import type { Clock } from "../core/clock.ts";
import { seconds } from "../core/units.ts";

/** Time for which a file is taken as unchanged without a look at it. */
const LOOK_EVERY = seconds(1);

/**
 * Returns a function that gives the parsed content of a small local file and parses it again when it has changed. A file
 * that does not exist, or cannot be read, is empty.
 */
export function watchedFile<Content>(
  path: string,
  parse: (text: string) => Content,
  clock: Clock,
): () => Content {
  let lookedAt: number | undefined;
  let version: string | undefined;
  let content = parse("");
  return () => {
    const now = clock.monotonic();
    if (lookedAt !== undefined && now - lookedAt < LOOK_EVERY) return content;
    lookedAt = now;
    const found = versionOf(path);
    if (found !== version) {
      version = found;
      content = parse(found === undefined ? "" : textOf(path));
    }
    return content;
  };
}

function versionOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? undefined : `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
