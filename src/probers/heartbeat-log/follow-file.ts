import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { ProbeLog } from "../../core/prober.ts";
import { type FileFacts, factsOf, handleFacts, openAllowed } from "./allowed-files.ts";
import type { Descriptors, OpenDescriptor } from "./descriptors.ts";
import { type LogState, newPosition, type Position } from "./log-state.ts";
import { DeadlineError, fileProblem, type LogProblem, problem, untilAborted } from "./problem.ts";
import { finishFile, heartbeatBefore, lineStart, readFile, unreadableContent } from "./read-file.ts";
import { rotationsOf } from "./rotation.ts";
import { type HeartbeatRules, openSession, type Session } from "./session.ts";

/** The settings and environment for following a file. */
export interface FollowDeps {
  readonly rules: HeartbeatRules;
  readonly roots: readonly string[];
  /** Bytes that are read from the end of a file the first time. */
  readonly initialRead: number;
  readonly descriptors: Descriptors;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: ProbeLog;
}

/** The state of a log after a probe. */
export interface FollowResult {
  readonly state: LogState;
  /** The reason why the log could not be read to its end. */
  readonly problem?: LogProblem;
  /** The text that should be the time of the newest heartbeat, if it is in no known form. */
  readonly unknownTime?: string;
}

/** Most files of a log that are followed: the current one, and rotated ones that are not read completely. */
const MOST_POSITIONS = 8;

/**
 * Reads the new lines of the log at `path` in the order in which they were written, beginning with the remainder of rotated
 * files. Problems of files are returned, never thrown.
 */
export async function followFile(path: string, before: LogState, deps: FollowDeps): Promise<FollowResult> {
  const { signal, descriptors, rules } = deps;
  const session = openSession(before, rules, deps);
  // Updated after each file, so that lines that were counted are not read again if a later file fails.
  let positions = before.positions;
  const move = (next: readonly Position[]): void => {
    positions = next;
  };
  let trouble: LogProblem | undefined;
  try {
    const facts = await untilAborted(factsOf(path), signal).catch((error: unknown) => {
      if (error instanceof DeadlineError) throw error;
      return fileProblem(path, error);
    });
    if ("reason" in facts) {
      trouble = (await readAll(path, positions, undefined, move, session, deps)) ?? facts;
    } else {
      if (isUnchanged(path, positions, facts, descriptors)) return { state: before };
      const refused = await refusal(path, positions, facts, deps);
      // No state is stored for a file that must not be read.
      if (refused !== undefined) return { state: before, problem: refused };
      move(await withCurrent(path, positions, facts, session, deps));
      trouble = await readAll(path, positions, facts, move, session, deps);
      if (trouble === undefined) session.reachEnd();
    }
  } catch (error) {
    trouble = error instanceof DeadlineError ? late(path) : fileProblem(path, error);
  }
  const { unknownTime } = session;
  return { state: session.state(positions), ...defined({ problem: trouble, unknownTime }) };
}

const late = (path: string): LogProblem =>
  problem("timeout", `${path} was not read to its end before the deadline; the next probe continues`);

/** Returns true if the file has not changed since it was read to its end. */
const isUnchanged = (
  path: string,
  positions: readonly Position[],
  { id, stamp }: FileFacts,
  descriptors: Descriptors,
): boolean =>
  positions.length === 1 && positions[0]?.id === id && descriptors.get(path, id)?.endStamp === stamp;

/** Returns the reason why a file that was never read cannot be opened or followed, if there is one. */
async function refusal(
  path: string,
  positions: readonly Position[],
  { id }: FileFacts,
  deps: FollowDeps,
): Promise<LogProblem | undefined> {
  if (positions.length > 0) return undefined;
  const file = await openPosition(path, newPosition(id), true, deps);
  return "reason" in file ? file : unreadableContent(path, file.handle, deps.signal);
}

/** Returns the positions, with that of the file that is now at `path` as the last one. */
async function withCurrent(
  path: string,
  positions: readonly Position[],
  { id }: FileFacts,
  session: Session,
  deps: FollowDeps,
): Promise<readonly Position[]> {
  const { signal, log } = deps;
  const last = positions.at(-1);
  if (last === undefined) return [await firstPosition(path, newPosition(id), session, deps)];
  if (last.id === id) return positions;
  session.countRotation("rename");
  log("the log was rotated", { path });
  const rotated = await untilAborted(rotationsOf(path), signal);
  const old = rotated.findIndex(({ facts }) => facts.id === last.id);
  const known = positions.filter((position) => position.id !== id);
  // These files were both created and rotated since the last probe.
  const between = (old === -1 ? [] : rotated.slice(old + 1)).filter(
    ({ facts }) => facts.id !== id && known.every((position) => position.id !== facts.id),
  );
  const all = [...known, ...between.map(({ facts }) => newPosition(facts.id)), newPosition(id)];
  return all.slice(-MOST_POSITIONS);
}

/**
 * Reads all files from their positions, and closes rotated ones that are no longer written to.
 * @param current facts of the file at `path`, to which the last position belongs; `undefined` if there is no file
 * @param move called with the positions whenever they change
 */
async function readAll(
  path: string,
  positions: readonly Position[],
  current: FileFacts | undefined,
  move: (next: readonly Position[]) => void,
  session: Session,
  deps: FollowDeps,
): Promise<LogProblem | undefined> {
  const kept: Position[] = [];
  for (const [i, position] of positions.entries()) {
    const isLast = i === positions.length - 1;
    const file = await openPosition(path, position, isLast && current !== undefined, deps);
    if ("reason" in file) {
      // A shortage of the exporter passes, and the rest of a rotated file would be lost without its position.
      if ((isLast && current !== undefined) || file.reason === "internal") return file;
      // The log is missing but may come back, so its position is kept.
      if (isLast) kept.push(position);
      else deps.log("the rest of a rotated file cannot be read", { path, detail: file.detail });
    } else if (isLast && kept.length > 0 && current?.size === 0) {
      // The writer had not moved to the new file when the reading began, and may have written more to the old one since.
      kept.push(position);
    } else {
      const stampBefore = file.endStamp;
      const { position: next, ending, error } = await readOne(path, position, file, session, deps);
      // The writer may not have noticed the rotation yet. The old file is done once it stays unchanged while the new one
      // has content.
      const isIdle =
        ending === "end" && !isLast && stampBefore !== undefined && stampBefore === file.endStamp;
      const isOpen =
        isLast || (ending !== "unreadable" && (!isIdle || current === undefined || current.size === 0));
      if (isOpen) kept.push(next);
      move([...kept, ...(isOpen ? [] : [next]), ...positions.slice(i + 1)]);
      if (ending === "deadline") return late(path);
      if (ending === "failed") return fileProblem(path, error);
      if (ending === "unreadable" && isLast) return unreadableContent(path, file.handle, deps.signal);
      if (!isOpen) await closeRotated(path, next, file, session, deps);
    }
    move([...kept, ...positions.slice(i + 1)]);
  }
  return undefined;
}

/** Returns the open file of a position: a descriptor that is still open, the log itself, or a rotated file. */
async function openPosition(
  path: string,
  { id }: Position,
  isCurrent: boolean,
  { descriptors, roots, signal }: FollowDeps,
): Promise<OpenDescriptor | LogProblem> {
  const descriptor = descriptors.get(path, id);
  if (descriptor !== undefined) return descriptor;
  const rotated = isCurrent ? [] : await untilAborted(rotationsOf(path), signal);
  const filePath = isCurrent ? path : rotated.find(({ facts }) => facts.id === id)?.path;
  if (filePath === undefined)
    return problem("file_missing", `the rotated file of ${path} does not exist any more`);
  const file = await untilAborted(openAllowed(filePath, roots), signal);
  if ("reason" in file) return file;
  if (file.facts.id === id) return descriptors.keep(path, id, file.handle);
  await file.handle.close();
  return problem("file_missing", `${path} was replaced while it was opened`);
}

/** Reads one file from `start` on, or from its beginning if it was truncated. */
async function readOne(
  path: string,
  start: Position,
  file: OpenDescriptor,
  session: Session,
  deps: FollowDeps,
) {
  const { signal } = deps;
  const facts = await untilAborted(handleFacts(file.handle), signal);
  const restart = (position: Position): Position => {
    session.countRotation("truncate");
    deps.log("the log was truncated, so it is read from its beginning", { path });
    return newPosition(position.id);
  };
  const position = facts.size < start.offset ? restart(start) : start;
  let result = await readFile(file.handle, position, session, signal);
  if (result.ending === "truncated")
    result = await readFile(file.handle, restart(result.position), session, signal);
  const now = await untilAborted(handleFacts(file.handle), signal).catch(() => facts);
  session.dateNewest(now.modified);
  if (result.ending === "end") file.endStamp = facts.stamp;
  return result;
}

/**
 * Returns the position at which reading a new file begins: near its end, because a log may contain years of lines. Searches
 * backwards for the last heartbeat before that position, so that its age is known.
 */
async function firstPosition(
  path: string,
  position: Position,
  session: Session,
  deps: FollowDeps,
): Promise<Position> {
  const { initialRead, signal, rules } = deps;
  const file = await openPosition(path, position, true, deps);
  if ("reason" in file || initialRead === 0) return position;
  const { size, modified } = await untilAborted(handleFacts(file.handle), signal);
  if (size <= initialRead) return position;
  const offset = await lineStart(file.handle, size - initialRead, signal);
  const old = await heartbeatBefore(file.handle, offset, rules.lines, signal);
  if (old !== undefined) session.setLast(old, modified);
  return { ...position, offset };
}

/** Closes a rotated file that is no longer written to. Text without a newline at its end is a line. */
async function closeRotated(
  path: string,
  position: Position,
  file: OpenDescriptor,
  session: Session,
  deps: FollowDeps,
): Promise<void> {
  await finishFile(file.handle, position, session, deps.signal);
  session.dateNewest((await untilAborted(handleFacts(file.handle), deps.signal)).modified);
  deps.descriptors.release(path, position.id);
}
