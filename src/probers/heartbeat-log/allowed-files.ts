import { constants } from "node:fs";
import { type FileHandle, lstat, open, readlink, realpath, stat } from "node:fs/promises";
import { sep } from "node:path";
import { fileProblem, type LogProblem, problem } from "./problem.ts";

/** A file that may be read, opened. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly facts: FileFacts;
}

/** What is known of a file without reading it. */
export interface FileFacts {
  /** Device and inode: what stays when a file is renamed. */
  readonly id: string;
  readonly size: number;
  /** Unix seconds. */
  readonly modified: number;
  /** Changes whenever the content may have. */
  readonly stamp: string;
}

/** Facts of what `path` leads to; rejects as `stat` does. */
export const factsOf = async (path: string): Promise<FileFacts> =>
  toFacts(await stat(path, { bigint: true }));

/** Facts of an open file. */
export const handleFacts = async (handle: FileHandle): Promise<FileFacts> =>
  toFacts(await handle.stat({ bigint: true }));

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
 * Opens a regular file if it, or what its symbolic links lead to, is among `roots`. Nothing else is opened: what is no
 * regular file is seen before, and neither a pipe nor a link that is put in its place in between is waited for or
 * followed. Should a folder have been exchanged in that moment, the open file itself says where it is.
 */
export async function openAllowed(path: string, roots: readonly string[]): Promise<OpenFile | LogProblem> {
  try {
    const real = await realpath(path);
    const allowed = await realRoots(roots);
    if (!covers(allowed, real)) return outside(path, real);
    const kind = await lstat(real);
    if (!kind.isFile())
      return problem("forbidden_target", `${path} is ${kindOf(kind)}, and only regular files are read`);
    const handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const place = await placeOf(handle, real);
    const isFile = (await handle.stat()).isFile();
    if (place !== undefined && isFile && covers(allowed, place))
      return { handle, facts: await handleFacts(handle) };
    await handle.close();
    return outside(path, place ?? "another file");
  } catch (error) {
    return fileProblem(path, error);
  }
}

const outside = (path: string, real: string): LogProblem =>
  problem("forbidden_target", `${path}${real === path ? "" : `, which is ${real},`} is not in paths`);

/** Whether `real` is one of `roots` or below one; all of them without symbolic links. */
export const covers = (roots: readonly string[], real: string): boolean =>
  roots.some((root) => real === root || real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`));

/** Where `roots` lead to; one that is not there yet is taken as it stands. */
export const realRoots = (roots: readonly string[]): Promise<readonly string[]> =>
  Promise.all(roots.map((root) => realpath(root).catch(() => root)));

/** Where an open file is. Where /proc does not tell, it has to be the one that `real` leads to. */
async function placeOf(handle: FileHandle, real: string): Promise<string | undefined> {
  if (process.platform === "linux") {
    const place = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined);
    // A file that was deleted in between is still the one that was asked for.
    if (place !== undefined) return place.replace(/ \(deleted\)$/, "");
  }
  const [opened, named] = await Promise.all([handleFacts(handle), factsOf(real)]);
  const again = await realpath(real);
  return opened.id === named.id ? again : undefined;
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
