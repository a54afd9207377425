import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { ProbeLog } from "../../core/prober.ts";
import { type FileFacts, factsOf, handleFacts, openAllowed } from "./allowed-files.ts";
import type { Descriptors, OpenDescriptor } from "./descriptors.ts";
import { type LogState, newPosition, type Position } from "./log-state.ts";
import { DeadlineError, fileProblem, type LogProblem, problem, untilAborted } from "./problem.ts";
import { finishFile, heartbeatBefore, lineStart, readFile } from "./read-file.ts";
import { rotationsOf } from "./rotated.ts";
import { type HeartbeatRules, openSession, type Session } from "./session.ts";

/** What following a file takes. */
export interface FollowDeps {
  readonly rules: HeartbeatRules;
  readonly roots: readonly string[];
  /** Bytes at the end of a file that is seen for the first time. */
  readonly initialRead: number;
  readonly descriptors: Descriptors;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: ProbeLog;
}

/** What is known of a log after a probe. */
export interface FollowResult {
  readonly state: LogState;
  /** Why it could not be read to its end. */
  readonly problem?: LogProblem;
}

/** Files that were rotated away and are not read to their end yet, and the one that is written to. */
const MOST_POSITIONS = 8;

/**
 * Reads what is new in the log at `path`, in the order in which it was written: the rest of files that were rotated
 * away first. Never rejects for what a file does.
 */
export async function followFile(path: string, before: LogState, deps: FollowDeps): Promise<FollowResult> {
  const { signal, descriptors, rules } = deps;
  const session = openSession(before, rules, deps);
  // Changed with each file that was read: whatever happens next, what was counted is not read again.
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
      if (isReadDown(path, positions, facts, descriptors)) return { state: before };
      const refused = await refusal(path, positions, facts, deps);
      // Nothing is remembered of what must not be read.
      if (refused !== undefined) return { state: before, problem: refused };
      move(await withCurrent(path, positions, facts, session, deps));
      trouble = await readAll(path, positions, facts, move, session, deps);
    }
  } catch (error) {
    trouble = error instanceof DeadlineError ? late(path) : fileProblem(path, error);
  }
  return { state: session.state(positions), ...defined({ problem: trouble }) };
}

const late = (path: string): LogProblem =>
  problem("timeout", `${path} was not read to its end before the deadline; the next probe goes on`);

/** Whether nothing has happened to the file since it was read to its end. */
const isReadDown = (
  path: string,
  positions: readonly Position[],
  { id, stamp }: FileFacts,
  descriptors: Descriptors,
): boolean =>
  positions.length === 1 && positions[0]?.id === id && descriptors.get(path, id)?.readDown === stamp;

/** Why a file that was never read cannot be. */
async function refusal(
  path: string,
  positions: readonly Position[],
  { id }: FileFacts,
  deps: FollowDeps,
): Promise<LogProblem | undefined> {
  if (positions.length > 0) return undefined;
  const opened = await heldFile(path, newPosition(id), true, deps);
  return "reason" in opened ? opened : undefined;
}

/** The positions with that of the file that stands at `path` now as the last. */
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
  session.rotated("rename");
  log("the log was rotated", { path });
  const rotated = await untilAborted(rotationsOf(path), signal);
  const old = rotated.findIndex(({ facts }) => facts.id === last.id);
  const known = positions.filter((position) => position.id !== id);
  // What was rotated since then has never been seen under its own name.
  const between = (old === -1 ? [] : rotated.slice(old + 1)).filter(
    ({ facts }) => facts.id !== id && known.every((position) => position.id !== facts.id),
  );
  const all = [...known, ...between.map(({ facts }) => newPosition(facts.id)), newPosition(id)];
  return all.slice(-MOST_POSITIONS);
}

/**
 * Reads all files from where they stand; those that were rotated away are let go of when nothing comes any more.
 * @param current what is at `path` now, which the last position is of; `undefined` when nothing is
 * @param move told of the positions as they become other ones
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
    const held = await heldFile(path, position, isLast && current !== undefined, deps);
    if ("reason" in held) {
      if (isLast && current !== undefined) return held;
      // Of a log that is away but may come back it is all that is known.
      if (isLast) kept.push(position);
      else deps.log("a rotated file is gone before it was read to its end", { path });
    } else {
      const idle = held.readDown;
      const { position: next, ending, error } = await readOne(path, position, held, session, deps);
      // Its writer may not know yet that it was renamed: once the new file is written to, and the old one is not.
      const isDone = ending === "end" && !isLast && idle !== undefined && idle === held.readDown;
      const wanted = !isDone || current === undefined || current.size === 0;
      if (wanted) kept.push(next);
      move([...kept, ...(wanted ? [] : [next]), ...positions.slice(i + 1)]);
      if (ending === "deadline") return late(path);
      if (ending === "failed") return fileProblem(path, error);
      if (!wanted) await letGo(path, next, held, session, deps);
    }
    move([...kept, ...positions.slice(i + 1)]);
  }
  return undefined;
}

/** The open file of a position: one that is held, else the log itself, else what rotation made of it. */
async function heldFile(
  path: string,
  { id }: Position,
  isCurrent: boolean,
  { descriptors, roots, signal }: FollowDeps,
): Promise<OpenDescriptor | LogProblem> {
  const held = descriptors.get(path, id);
  if (held !== undefined) return held;
  const rotated = isCurrent ? [] : await untilAborted(rotationsOf(path), signal);
  const file = isCurrent ? path : rotated.find(({ facts }) => facts.id === id)?.path;
  if (file === undefined) return problem("file_missing", `what became of ${path} is not there any more`);
  const opened = await untilAborted(openAllowed(file, roots), signal);
  if ("reason" in opened) return opened;
  if (opened.facts.id === id) return descriptors.keep(path, id, opened.handle);
  await opened.handle.close();
  return problem("file_missing", `${path} was replaced while it was opened`);
}

/** Reads one file from `start` on, from its beginning where it turns out to have been emptied. */
async function readOne(
  path: string,
  start: Position,
  held: OpenDescriptor,
  session: Session,
  deps: FollowDeps,
) {
  const { signal } = deps;
  const facts = await untilAborted(handleFacts(held.handle), signal);
  const emptied = (position: Position): Position => {
    session.rotated("truncate");
    deps.log("the log was emptied, so it is read from its beginning", { path });
    return newPosition(position.id);
  };
  const position = facts.size < start.offset ? emptied(start) : start;
  let result = await readFile(held.handle, position, session, signal);
  if (result.ending === "truncated")
    result = await readFile(held.handle, emptied(result.position), session, signal);
  const now = await untilAborted(handleFacts(held.handle), signal).catch(() => facts);
  session.settle(now.modified);
  if (result.ending === "end") held.readDown = facts.stamp;
  return result;
}

/**
 * Where to begin with a file that was never seen: near its end, as nobody wants to wait for years of lines. A heartbeat
 * before that is looked for backwards, so that it is known how long there was none.
 */
async function firstPosition(
  path: string,
  position: Position,
  session: Session,
  deps: FollowDeps,
): Promise<Position> {
  const { initialRead, signal, rules } = deps;
  const held = await heldFile(path, position, true, deps);
  if ("reason" in held || initialRead === 0) return position;
  const { size } = await untilAborted(handleFacts(held.handle), signal);
  if (size <= initialRead) return position;
  const offset = await lineStart(held.handle, size - initialRead, signal);
  const old = await heartbeatBefore(held.handle, offset, rules.lines, signal);
  if (old !== undefined) session.recall(old);
  return { ...position, offset };
}

/** Lets go of a file to which nothing more will come; what stands at its end without a newline is a line. */
async function letGo(
  path: string,
  position: Position,
  held: OpenDescriptor,
  session: Session,
  deps: FollowDeps,
): Promise<void> {
  await finishFile(held.handle, position, session, deps.signal);
  session.settle((await untilAborted(handleFacts(held.handle), deps.signal)).modified);
  deps.descriptors.release(path, position.id);
}
