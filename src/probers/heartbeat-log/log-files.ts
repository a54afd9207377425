import { basename, dirname } from "node:path";
import { unlessItHangs } from "../../core/file-errors.ts";
import type { Timestamp } from "../../core/units.ts";
import { realpath } from "../../files/files.ts";
import { openAllowed } from "./allowed-files.ts";
import { compareOrders, containerLog, parseLogName, withoutContainerId } from "./log-names.ts";
import { isWrapped } from "./wrappers.ts";

/** A log that is followed: the file that is written to now, of possibly many. */
export interface LogFile {
  /**
   * The name by which the log is known: its path, or with `*` in place of the date if its name holds one, so that the name
   * stays the same when the next file begins.
   */
  readonly name: string;
  readonly path: string;
  /** Files of the same log that the pattern matched. */
  readonly files: readonly string[];
}

/** A log with a single file. */
export const singleFile = (path: string): LogFile => ({ name: path, path, files: [] });

/** A file that a pattern matched, and the log that it belongs to. */
export interface NamedFile {
  readonly path: string;
  /** The same for all files of a log. */
  readonly group: string;
  /** The name of the log if this is its newest file. */
  readonly name: string;
  /** Order among the files of the log; `undefined` for a file whose older parts have names with a date. */
  readonly order: readonly number[] | undefined;
}

/**
 * Finds the log that a file belongs to: files whose names differ only in a date, and logs of the starts of one container,
 * are one log.
 * @param base the folder of the pattern, whose name does not matter
 * @param roots the folders whose files may be opened
 */
export async function nameFile(path: string, base: string, roots: readonly string[]): Promise<NamedFile> {
  const container = await containerFile(path, roots);
  if (container !== undefined) return container;
  const { stem, pattern, order, isDated } = parseLogName(path, base.length);
  return isDated
    ? { path, group: stem, name: pattern, order }
    : { path, group: path, name: path, order: undefined };
}

/** Names the log of a container: a file with a number in the kubelet's layout or in a form of a runtime, or a link to one. */
async function containerFile(path: string, roots: readonly string[]): Promise<NamedFile | undefined> {
  const linkName = withoutContainerId(path);
  const number = /^(\d+)\.log$/.exec(basename(path))?.[1];
  if (linkName === undefined && number === undefined) return undefined;
  const real = await realpath(path).catch(unlessItHangs(path));
  const found = containerLog(real);
  const isContainer = linkName !== undefined || found !== undefined || (await isWrappedFile(path, roots));
  if (!isContainer) return undefined;
  const name = linkName ?? `${dirname(path)}/*.log`;
  return { path, group: name, name, order: [found?.restarts ?? Number(number ?? 0)] };
}

/** Returns true if a file begins with a line in the form of a container runtime. */
async function isWrappedFile(path: string, roots: readonly string[]): Promise<boolean> {
  const file = await openAllowed(path, roots);
  if ("reason" in file) return false;
  try {
    const { buffer, bytesRead } = await file.handle.read(Buffer.alloc(128), 0, 128, 0);
    return isWrapped(buffer.toString("latin1", 0, bytesRead));
  } catch {
    return false;
  } finally {
    await file.handle.close();
  }
}

/** Times of a file. */
interface FileTimes {
  readonly file: NamedFile;
  /** Unix seconds; `undefined` for a file whose facts cannot be read. */
  readonly modified: number | undefined;
  /** Unix seconds; 0 if the file system does not tell it. */
  readonly created: number;
}

/**
 * Returns the log of a group of files at its newest one.
 * @param since the time before which the newest file must not have been modified last
 */
export async function newestOf(
  group: readonly NamedFile[],
  since: Timestamp | undefined,
  timesOf: (path: string) => Promise<Omit<FileTimes, "file"> | undefined>,
): Promise<LogFile | undefined> {
  const read = async (file: NamedFile): Promise<readonly FileTimes[]> => {
    const times = await timesOf(file.path);
    return times === undefined ? [] : [{ file, ...times }];
  };
  const plain = (await Promise.all(group.filter(({ order }) => order === undefined).map(read))).flat()[0];
  const dated = await newestDated(group, read);
  const newest = plain === undefined || (dated !== undefined && isSuccessor(dated, plain)) ? dated : plain;
  if (newest === undefined) return undefined;
  const { file, modified } = newest;
  // Reading the file will report why its facts cannot be read.
  if (since !== undefined && modified !== undefined && modified < since) return undefined;
  return { name: file.name, path: file.path, files: group.map(({ path }) => path) };
}

/** Returns the file with the latest date, and of several the one that was modified last. */
async function newestDated(
  group: readonly NamedFile[],
  read: (file: NamedFile) => Promise<readonly FileTimes[]>,
): Promise<FileTimes | undefined> {
  const sorted = group
    .flatMap((file) => (file.order === undefined ? [] : [{ file, order: file.order }]))
    .toSorted((a, b) => compareOrders(b.order, a.order));
  let unreadable: FileTimes | undefined;
  for (let at = 0; at < sorted.length; ) {
    const { order = [] } = sorted[at] ?? {};
    const next = sorted.findIndex((one, i) => i >= at && compareOrders(one.order, order) !== 0);
    const equals = sorted.slice(at, next === -1 ? undefined : next);
    const times = (await Promise.all(equals.map(({ file }) => read(file)))).flat();
    const [newest] = times.toSorted((a, b) => (b.modified ?? 0) - (a.modified ?? 0));
    if (newest?.modified !== undefined) return newest;
    unreadable ??= newest;
    at += equals.length;
  }
  return unreadable;
}

/** Seconds after which a file that is still written to is no copy of another. */
const COPY_TIME = 1;

/**
 * Returns true if the writer has left `plain` for `dated`: `dated` was created after `plain` was written last, and has been
 * written to since. A file that was renamed by a rotation is older than the one that replaced it.
 */
const isSuccessor = (dated: FileTimes, plain: FileTimes): boolean =>
  plain.modified !== undefined &&
  dated.modified !== undefined &&
  dated.created > plain.modified &&
  dated.modified > dated.created + COPY_TIME;
