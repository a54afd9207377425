import { basename, dirname, join, resolve, sep } from "node:path";
import { unlessItHangs } from "../../core/file-errors.ts";
import { lstat, type OpenedFile, openPlain, readlink, realpath, stat } from "../../files/files.ts";
import { fileProblem, type LogProblem, problem } from "./problem.ts";

/** An open file that may be read. */
export interface OpenFile {
  readonly handle: OpenedFile;
  readonly facts: FileFacts;
}

/** Properties of a file that are known without reading it. */
export interface FileFacts {
  /** Device and inode, which stay the same if a file is renamed. */
  readonly id: string;
  readonly size: number;
  /** Unix seconds. */
  readonly modified: number;
  /** Differs whenever the content may differ. */
  readonly stamp: string;
}

/** Returns the facts of the file that `path` leads to. Rejects like `stat`. */
export const factsOf = async (path: string): Promise<FileFacts> => toFacts(await stat(path));

/** Returns the facts of an open file. */
export const handleFacts = async (handle: OpenedFile): Promise<FileFacts> => toFacts(await handle.stat());

const toFacts = (found: {
  dev: bigint;
  ino: bigint;
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
}): FileFacts => ({
  id: `${found.dev}:${found.ino}`,
  size: Number(found.size),
  modified: Number(found.mtimeNs) / 1e9,
  stamp: `${found.size}:${found.mtimeNs}:${found.ctimeNs}`,
});

/**
 * Opens a regular file if it is in `roots` after resolving symbolic links. Other kinds of files are refused before they are
 * opened. A pipe or link that takes the place of the file after that check is neither waited for nor followed, and if a
 * folder was exchanged, the location of the open file itself is checked.
 */
export async function openAllowed(path: string, roots: readonly string[]): Promise<OpenFile | LogProblem> {
  try {
    const allowed = await realRoots(roots);
    const place = await placeFor(path);
    if (!covers(allowed, place)) return outside(path);
    const kind = await lstat(place);
    // Opening a link fails, and says so.
    if (!kind.isFile() && !kind.isSymbolicLink())
      return problem("forbidden_target", `${path} is ${kindOf(kind)}, and only regular files are read`);
    const handle = await openPlain(place);
    const found = await handle.stat();
    if (found.isFile() && covers(allowed, await placeOf(handle, place)))
      return { handle, facts: toFacts(found) };
    await handle.close();
    return outside(path);
  } catch (error) {
    return fileProblem(path, error);
  }
}

/**
 * Refuses a path that is not in `roots` after resolving symbolic links, in the same words whether there is such a file or not:
 * anyone who may ask for `/probe` would otherwise learn which files the machine has, and where its links lead.
 */
export async function refusalOf(path: string, roots: readonly string[]): Promise<LogProblem | undefined> {
  return covers(await realRoots(roots), await placeFor(path)) ? undefined : outside(path);
}

const outside = (path: string): LogProblem =>
  problem("forbidden_target", `${path} is not in paths, or a symbolic link leads out of them`);

/** Most links that a path may lead through, as in Linux. */
const MOST_LINKS = 40;

/** Resolves the symbolic links of an absolute path, of which the end need not exist. */
async function placeFor(path: string, links = 0): Promise<string> {
  const real = await realpath(path).catch(unlessItHangs(undefined));
  const folder = dirname(path);
  // The root always exists, but must not be looked for without an end.
  if (real !== undefined || folder === path) return real ?? path;
  const link = links < MOST_LINKS ? await readlink(path).catch(unlessItHangs(undefined)) : undefined;
  const parent = await placeFor(folder, links);
  return link === undefined ? join(parent, basename(path)) : placeFor(resolve(parent, link), links + 1);
}

/** Returns true if `real` is in or below one of `roots`; all paths must be free of symbolic links. */
const covers = (roots: readonly string[], real: string): boolean =>
  roots.some((root) => real === root || real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`));

/** Resolves the symbolic links in `roots`. A path that does not exist yet is returned unchanged. */
const realRoots = (roots: readonly string[]): Promise<readonly string[]> =>
  Promise.all(roots.map((root) => realpath(root).catch(unlessItHangs(root))));

/**
 * Returns the path of an open file. Without /proc, returns the path that `opened` leads to; an empty one if that is another
 * file by now.
 */
async function placeOf(handle: OpenedFile, opened: string): Promise<string> {
  const place = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined);
  // A file that was deleted in the meantime is still the one requested.
  if (place !== undefined) return place.replace(/ \(deleted\)$/, "");
  const [openFile, atPath] = await Promise.all([handleFacts(handle), factsOf(opened)]);
  return openFile.id === atPath.id ? realpath(opened) : "";
}

interface Kind {
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

function kindOf(kind: Kind): string {
  if (kind.isDirectory()) return "a folder";
  if (kind.isFIFO()) return "a named pipe";
  return kind.isSocket() ? "a socket" : "a device";
}
