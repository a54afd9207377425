import type { Clock } from "../core/clock.ts";
import { unlessItHangs } from "../core/file-errors.ts";
import { seconds } from "../core/units.ts";
import { readSmall, statSmall } from "../files/files.ts";

/** Time for which a file is taken as unchanged without a look at it. */
const LOOK_EVERY = seconds(1);

/**
 * Returns a function that gives the parsed content of a small local file and parses it again when it has changed. A file
 * that does not exist, or cannot be read, is empty; one that hangs keeps its content.
 */
export function watchedFile<Content>(
  path: string,
  parse: (text: string) => Content,
  clock: Clock,
): () => Content | Promise<Content> {
  let lookedAt: number | undefined;
  let version: string | undefined;
  let content = parse("");
  let looking: Promise<Content> | undefined;

  const look = async (): Promise<Content> => {
    try {
      const found = await versionOf(path);
      if (found !== version) {
        content = parse(found === undefined ? "" : await textOf(path));
        version = found;
      }
    } catch {
      // It hangs.
    }
    looking = undefined;
    return content;
  };

  return () => {
    const now = clock.monotonic();
    if (lookedAt !== undefined && now - lookedAt < LOOK_EVERY) return looking ?? content;
    lookedAt = now;
    looking ??= look();
    return looking;
  };
}

/** @throws FileHangsError */
async function versionOf(path: string): Promise<string | undefined> {
  const stats = await statSmall(path).catch(unlessItHangs(undefined));
  return stats === undefined ? undefined : `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
}

/** @throws FileHangsError */
const textOf = async (path: string): Promise<string> =>
  (await readSmall(path).catch(unlessItHangs(undefined)))?.toString("utf8") ?? "";
