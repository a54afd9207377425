import type { OpenedFile } from "../../files/files.ts";
import { type FileFacts, handleFacts, type OpenFile, openAllowed } from "./allowed-files.ts";
import { findCompressed } from "./compressed.ts";
import type { OpenDescriptor } from "./descriptors.ts";
import type { FollowDeps } from "./follow-deps.ts";
import type { LogFile } from "./log-files.ts";
import { newPosition, type Position } from "./log-state.ts";
import { type LogProblem, problem, untilAborted } from "./problem.ts";
import { hasFingerprint, heartbeatBefore, lineStart } from "./read-file.ts";
import { type RotatedFile, rotationsOf } from "./rotation.ts";
import type { Session } from "./session.ts";

/** Most files of a log that are followed: the current one, and rotated ones that are not read completely. */
const MOST_POSITIONS = 32;

/** Returns the positions, with that of the current file of the log as the last one. */
export async function withCurrent(
  log: LogFile,
  positions: readonly Position[],
  { id }: FileFacts,
  session: Session,
  deps: FollowDeps,
): Promise<readonly Position[]> {
  const { signal } = deps;
  const last = positions.at(-1);
  if (last === undefined) return [await firstPosition(log, newPosition(id), session, deps)];
  const isSame = await sameFile(log, id, deps);
  if (last.id === id && (await isSame(last))) return positions;
  const rotated = await untilAborted(rotationsOf(log), signal);
  const old = await findOld(last, rotated, deps);
  // Without the old file this is the same one, truncated.
  if (last.id === id && old === undefined) return positions;
  session.countRotation("rename");
  deps.log("the log was rotated", { path: log.path });
  const known: Position[] = [];
  for (const position of positions) {
    if (position.id !== id) known.push(await withoutFreedId(log, position, rotated, deps));
    else if (!(await isSame(position))) known.push(withoutId(position));
  }
  const seen = new Set([id, ...known.map((position) => position.id)]);
  const since = old?.facts.modified ?? (await lastModified(log, last, session, deps));
  const between = filesAfter(old, since, rotated).filter(({ facts }) => !seen.has(facts.id));
  const all = [...known, ...between.map(({ facts }) => newPosition(facts.id)), newPosition(id)];
  return all.slice(-MOST_POSITIONS);
}

/**
 * Returns a function that tells if the current file is the one at a position with the same inode. Another file may have
 * that inode if the old one was removed while the exporter was down.
 */
async function sameFile(
  log: LogFile,
  id: string,
  deps: FollowDeps,
): Promise<(position: Position) => Promise<boolean>> {
  // The inode of an open file is not given to another.
  if (deps.descriptors.get(log.name, id) !== undefined) return async () => true;
  const file = await openCurrent(log, newPosition(id), deps);
  return async ({ fingerprint }) =>
    "reason" in file || (await hasFingerprint(file.handle, fingerprint, deps.signal));
}

/**
 * Returns a position without the inode of its file if that file was removed, because another file may have the inode now.
 * A compressed form of the file is then found by its first bytes.
 */
async function withoutFreedId(
  log: LogFile,
  position: Position,
  rotated: readonly RotatedFile[],
  deps: FollowDeps,
): Promise<Position> {
  const isHeld = deps.descriptors.get(log.name, position.id) !== undefined;
  if (isHeld || (await findRotated(position, rotated, deps)) !== undefined) return position;
  return withoutId(position);
}

const withoutId = (position: Position): Position => ({ ...position, id: `removed ${position.id}` });

/** Returns the file that the log was when it was read last, possibly compressed since. */
async function findOld(
  last: Position,
  rotated: readonly RotatedFile[],
  deps: FollowDeps,
): Promise<RotatedFile | undefined> {
  return (
    (await findRotated(last, rotated, deps)) ?? (await findCompressed(last, rotated, deps.roots, deps.signal))
  );
}

/** Returns the rotated file at a position, if it has the same inode and begins with the same bytes. */
async function findRotated(
  { id, fingerprint }: Position,
  rotated: readonly RotatedFile[],
  deps: FollowDeps,
): Promise<RotatedFile | undefined> {
  const found = rotated.find(({ facts }) => facts.id === id);
  if (found === undefined) return undefined;
  // The position of a compressed file has no fingerprint. That of a removed file may have its inode.
  if (found.isCompressed) return fingerprint.length === 0 ? found : undefined;
  const file = await openInTime(found.path, deps);
  if ("reason" in file) return found;
  try {
    return (await hasFingerprint(file.handle, fingerprint, deps.signal)) ? found : undefined;
  } finally {
    await file.handle.close();
  }
}

/** Returns when a file that is no longer found was modified last, as far as it is known. */
async function lastModified(
  log: LogFile,
  { id }: Position,
  { caughtUpAt }: Session,
  { descriptors, signal }: FollowDeps,
): Promise<number | undefined> {
  const file = descriptors.get(log.name, id);
  return file === undefined ? caughtUpAt : (await untilAborted(handleFacts(file.handle), signal)).modified;
}

/**
 * Returns the files that were both created and rotated since the last probe, of a file and its compressed form only one.
 * @param old the file that was read last, if it is still found
 * @param since when that file was modified last; `undefined` if it is not known
 */
function filesAfter(
  old: RotatedFile | undefined,
  since: number | undefined,
  rotated: readonly RotatedFile[],
): readonly RotatedFile[] {
  if (since === undefined) return [];
  const paths = new Set(rotated.map(({ path }) => path));
  const after =
    old === undefined
      ? rotated.filter(({ facts }) => facts.modified > since)
      : rotated.slice(rotated.indexOf(old) + 1);
  return after.filter(({ path, isCompressed, isSure }) => {
    if (isCompressed && (!path.endsWith(".gz") || paths.has(path.slice(0, -3)))) return false;
    // Only a log that was rotated to such a name has others like it.
    return isSure || old?.isSure === false;
  });
}

/** Opens a file before the deadline. One that opens later is closed. */
async function openInTime(
  path: string,
  { roots, signal }: Pick<FollowDeps, "roots" | "signal">,
): Promise<OpenFile | LogProblem> {
  const opening = openAllowed(path, roots);
  try {
    return await untilAborted(opening, signal);
  } catch (error) {
    void opening.then((file) => ("handle" in file ? file.handle.close() : undefined)).catch(() => {});
    throw error;
  }
}

/** Returns the open file of a position: a descriptor that is still open, the log itself, or a rotated file. */
export async function openPosition(
  log: LogFile,
  position: Position,
  isCurrent: boolean,
  deps: FollowDeps,
): Promise<OpenDescriptor | RotatedFile | LogProblem> {
  const { descriptors, roots, signal } = deps;
  const { id } = position;
  const descriptor = descriptors.get(log.name, id);
  if (descriptor !== undefined) return descriptor;
  const rotated = isCurrent ? [] : await untilAborted(rotationsOf(log), signal);
  const found = await findRotated(position, rotated, deps);
  if (found?.isCompressed === true) return found;
  const path = isCurrent ? log.path : found?.path;
  if (path === undefined) {
    const compressed = await findCompressed(position, rotated, roots, signal);
    return compressed ?? problem("file_missing", `the rotated file of ${log.path} does not exist any more`);
  }
  const file = await openInTime(path, deps);
  if ("reason" in file) return file;
  if (file.facts.id === id) return descriptors.keep(log.name, id, file.handle);
  await file.handle.close();
  return problem("file_missing", `${path} was replaced while it was opened`);
}

/** Opens the current file of a log, which is never compressed. */
export async function openCurrent(
  log: LogFile,
  position: Position,
  deps: FollowDeps,
): Promise<OpenDescriptor | LogProblem> {
  const file = await openPosition(log, position, true, deps);
  return "facts" in file ? problem("malformed", `${log.path} is compressed`) : file;
}

/**
 * Returns the position at which reading a new file begins: near its end, because a log may contain years of lines. Searches
 * backwards for the last heartbeat before that position, so that its age is known.
 */
async function firstPosition(
  log: LogFile,
  position: Position,
  session: Session,
  deps: FollowDeps,
): Promise<Position> {
  const { initialRead, signal } = deps;
  const file = await openCurrent(log, position, deps);
  if ("reason" in file || initialRead === 0) return position;
  const { size } = await untilAborted(handleFacts(file.handle), signal);
  if (size <= initialRead) return position;
  const offset = await lineStart(file.handle, size - initialRead, signal);
  await rememberBefore(file.handle, offset, session, deps);
  return { ...position, offset };
}

/**
 * Sets the last heartbeat of a log that was read for the first time and has none, to that of the file before it, because
 * the log may have been rotated a moment ago.
 */
export async function rememberOlder(log: LogFile, session: Session, deps: FollowDeps): Promise<void> {
  const rotated = await untilAborted(rotationsOf(log), deps.signal);
  const newest = rotated.findLast(({ isCompressed, isSure }) => isSure && !isCompressed);
  if (newest === undefined) return;
  const file = await openInTime(newest.path, deps);
  if ("reason" in file) return;
  try {
    await rememberBefore(file.handle, file.facts.size, session, deps);
  } finally {
    await file.handle.close();
  }
}

async function rememberBefore(
  handle: OpenedFile,
  end: number,
  session: Session,
  { rules, signal }: FollowDeps,
): Promise<void> {
  const { modified } = await untilAborted(handleFacts(handle), signal);
  const heartbeat = await heartbeatBefore(handle, end, rules.lines, signal);
  if (heartbeat !== undefined) session.setLast(heartbeat, modified);
}
