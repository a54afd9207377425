import { defined } from "../../core/defined.ts";
import { type FileFacts, factsOf, handleFacts, refusalOf } from "./allowed-files.ts";
import { readCompressed } from "./compressed.ts";
import type { Descriptors, OpenDescriptor } from "./descriptors.ts";
import type { FollowDeps } from "./follow-deps.ts";
import type { LogFile } from "./log-files.ts";
import { type LogState, newPosition, type Position } from "./log-state.ts";
import { openCurrent, openPosition, rememberOlder, withCurrent } from "./positions.ts";
import { DeadlineError, fileProblem, type LogProblem, problem, untilAborted } from "./problem.ts";
import { finishFile, readFile, unreadableContent } from "./read-file.ts";
import { openSession, type Session } from "./session.ts";

/** The state of a log after a probe. */
export interface FollowResult {
  readonly state: LogState;
  /** The reason why the log could not be read to its end. */
  readonly problem?: LogProblem;
  /** The text that should be the time of the newest heartbeat, if it is in no known form. */
  readonly unknownTime?: string;
}

/**
 * Reads the new lines of a log in the order in which they were written, beginning with the remainder of rotated
 * files. Problems of files are returned, never thrown.
 */
export async function followFile(log: LogFile, before: LogState, deps: FollowDeps): Promise<FollowResult> {
  const { path } = log;
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
      const refused =
        before.positions.length > 0 ? undefined : await untilAborted(refusalOf(path, deps.roots), signal);
      if (refused !== undefined) return { state: before, problem: refused };
      trouble = (await readAll(log, positions, undefined, move, session, deps)) ?? facts;
    } else {
      if (isUnchanged(log, positions, facts, descriptors)) return { state: before };
      const refused = await refusal(log, positions, facts, deps);
      // No state is stored for a file that must not be read.
      if (refused !== undefined) return { state: before, problem: refused };
      move(await withCurrent(log, positions, facts, session, deps));
      trouble = await readAll(log, positions, facts, move, session, deps);
      if (trouble === undefined) {
        session.reachEnd();
        if (before.positions.length === 0 && session.last === undefined)
          await rememberOlder(log, session, deps);
      }
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
  { name }: LogFile,
  positions: readonly Position[],
  { id, stamp }: FileFacts,
  descriptors: Descriptors,
): boolean =>
  positions.length === 1 && positions[0]?.id === id && descriptors.get(name, id)?.endStamp === stamp;

/** Returns the reason why a file that was never read cannot be opened or followed, if there is one. */
async function refusal(
  log: LogFile,
  positions: readonly Position[],
  { id }: FileFacts,
  deps: FollowDeps,
): Promise<LogProblem | undefined> {
  if (positions.length > 0) return undefined;
  const file = await openCurrent(log, newPosition(id), deps);
  return "reason" in file ? file : unreadableContent(log.path, file.handle, deps.signal);
}

/**
 * Reads all files from their positions, and closes rotated ones that are no longer written to.
 * @param current facts of the current file, to which the last position belongs; `undefined` if there is no file
 * @param move called with the positions whenever they change
 */
async function readAll(
  log: LogFile,
  positions: readonly Position[],
  current: FileFacts | undefined,
  move: (next: readonly Position[]) => void,
  session: Session,
  deps: FollowDeps,
): Promise<LogProblem | undefined> {
  const { path } = log;
  const kept: Position[] = [];
  for (const [i, position] of positions.entries()) {
    const isLast = i === positions.length - 1;
    const file = await openPosition(log, position, isLast && current !== undefined, deps);
    if ("reason" in file) {
      // A shortage of the exporter passes, and the rest of a rotated file would be lost without its position.
      if ((isLast && current !== undefined) || file.reason === "internal") return file;
      // The log is missing but may come back, so its position is kept.
      if (isLast) kept.push(position);
      else deps.log("the rest of a rotated file cannot be read", { path, detail: file.detail });
    } else if ("facts" in file) {
      const read = await readCompressed(file, position, session, deps.roots, deps.signal);
      if (read.position !== undefined) {
        move([...kept, read.position, ...positions.slice(i + 1)]);
        return late(path);
      }
      if (read.problem !== undefined) deps.log(read.problem.detail, { path: file.path });
    } else if (isLast && kept.length > 0 && current?.size === 0) {
      // The writer had not moved to the new file when the reading began, and may have written more to the old one since.
      kept.push(position);
    } else {
      const stampBefore = file.endStamp;
      const { position: next, ending, error } = await readOne(log, position, file, session, deps);
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
      if (!isOpen) await closeRotated(log, next, file, session, deps);
    }
    move([...kept, ...positions.slice(i + 1)]);
  }
  return undefined;
}

/** Reads one file from `start` on, or from its beginning if it was truncated. */
async function readOne(
  { path }: LogFile,
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

/** Closes a rotated file that is no longer written to. Text without a newline at its end is a line. */
async function closeRotated(
  { name }: LogFile,
  position: Position,
  file: OpenDescriptor,
  session: Session,
  deps: FollowDeps,
): Promise<void> {
  await finishFile(file.handle, position, session, deps.signal);
  session.dateNewest((await untilAborted(handleFacts(file.handle), deps.signal)).modified);
  deps.descriptors.release(name, position.id);
}
