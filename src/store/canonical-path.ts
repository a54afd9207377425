import { readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** Most links that are followed, as in Linux. */
const MOST_LINKS = 40;

/**
 * Returns the one path of a file that has no symbolic links in it, also if the file or its folder does not exist yet. SQLite names
 * the log of a database after this path, and two exporters that spell it differently must find the same lock.
 */
export function canonicalPath(path: string, links = 0): string {
  const absolute = resolve(path);
  const real = attempt(() => realpathSync(absolute));
  if (real !== undefined) return real;
  const folder = dirname(absolute);
  if (folder === absolute || links > MOST_LINKS) return absolute;
  const realFolder = canonicalPath(folder, links);
  // A link to a file that does not exist yet.
  const link = attempt(() => readlinkSync(absolute));
  return link === undefined
    ? join(realFolder, basename(absolute))
    : canonicalPath(resolve(realFolder, link), links + 1);
}

function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
