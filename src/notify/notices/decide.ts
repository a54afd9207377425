import type { Channel } from "../../core/channel.ts";
import { defined } from "../../core/defined.ts";
import { isGood, type Notice, type NoticeSubject, severityOf } from "../../core/notice.ts";
import { after, elapsed, type Seconds, seconds, type Timestamp, timestamp } from "../../core/units.ts";
import { type ChannelState, isToldBad, type ToldEvent, type Tracked } from "./state.ts";

/** The reason to hold a notice back: maintenance, or something that is down and that its subject depends on. */
export interface Hold {
  readonly kind: "maintenance" | "dependency";
  /** How long after the end of it the subject may still take to be seen as recovered. */
  readonly settle: Seconds;
}

/** The world at the moment of a decision. */
export interface Moment {
  readonly now: Timestamp;
  /** True during quiet hours. */
  readonly quiet: boolean;
  /** False while an earlier message waits for its delivery, so that the next one tells what is true after it. */
  readonly ready: boolean;
  readonly holdOf: (notice: Notice) => Hold | undefined;
  /** Returns false for a subject that is no longer configured, whose notices are forgotten. */
  readonly exists: (subject: NoticeSubject) => boolean;
}

/** One aspect of a subject in a message. */
export interface DecidedItem {
  readonly notice: Notice;
  readonly badSince?: Timestamp;
  /** The event of the last message about it. */
  readonly told?: ToldEvent;
  /** The first selected event since the last message. */
  readonly first?: Notice;
  /** Number of changes since the last message; 0 for a reminder. */
  readonly changes: number;
}

/** The outcome of a decision. */
export interface Decision {
  readonly state: ChannelState;
  /** The items of the message to send now; absent if there is none. */
  readonly items?: readonly DecidedItem[];
  /** How long the oldest change in the message has waited. */
  readonly waited: Seconds;
}

/** The channel's options that decide. */
export type DecisionPolicy = Pick<
  Channel,
  "groupWait" | "groupInterval" | "repeatEvery" | "maxPerHour" | "quietHours"
>;

const HOUR = seconds(3600);

/** Number of messages about one thing within an hour from which further ones are spread. */
const FLAPPING = 4;

/** Shortest time between messages about something that flaps. */
const FLAPPING_INTERVAL = seconds(900);

/** Decides whether a message is due, and about what. Call it once a second. */
export function decide(before: ChannelState, policy: DecisionPolicy, moment: Moment): Decision {
  const state = refresh(before, moment);
  const ripe = [...state.tracked].filter(
    ([, tracked]) =>
      tracked.pending?.held === undefined && !(moment.quiet && !isUrgent(tracked, policy.quietHours)),
  );
  const due = ripe.map(([, tracked]) => dueAt(tracked, policy, moment));
  const first = earliestOf(due);
  const earliest = Math.max(first, afterLast(state.sent, policy), spacing(state.sent, policy.maxPerHour));
  if (!moment.ready || moment.now < earliest) return { state, waited: seconds(0) };
  // What else is pending joins, and so says the newest at no cost. A reminder comes in its own time.
  const chosen = ripe.filter(
    ([, tracked], i) =>
      (tracked.pending !== undefined && (tracked.pending.notBefore ?? 0) <= moment.now) ||
      (due[i] ?? Number.POSITIVE_INFINITY) <= moment.now,
  );
  const oldest = Math.min(moment.now, earliestOf(chosen.map(([, { pending }]) => pending?.since)));
  return {
    state: tell(state, chosen, moment.now),
    items: chosen.map(([, tracked]) => itemOf(tracked)),
    waited: elapsed(timestamp(oldest), moment.now),
  };
}

/** Returns the earliest of some times; infinity without any. There may be too many for the arguments of a call. */
const earliestOf = (times: readonly (number | undefined)[]): number =>
  times.reduce<number>((earliest, at) => Math.min(earliest, at ?? earliest), Number.POSITIVE_INFINITY);

/** Forgets what is over, and notes what is held back. Times in the future, from before the clock was set, count as now. */
function refresh(state: ChannelState, moment: Moment): ChannelState {
  const { now } = moment;
  const tracked = new Map<string, Tracked>();
  for (const [key, one] of state.tracked) {
    if (!moment.exists(one.notice.subject)) continue;
    const held = hold(withPastTold(one, now), moment);
    const recent = lastHour(held.recent, now);
    // Unchanged values keep their identity, so that they are not stored again.
    const kept = recent === held.recent ? held : { ...held, recent };
    if (kept.pending !== undefined || isToldBad(kept) || recent.length > 0) tracked.set(key, kept);
  }
  return { ...state, tracked, sent: lastHour(state.sent, now) };
}

/** Moves the time of the last message to now if it is in the future, so that the next reminder comes. */
const withPastTold = (tracked: Tracked, now: Timestamp): Tracked =>
  tracked.told === undefined || tracked.told.at <= now
    ? tracked
    : { ...tracked, told: { ...tracked.told, at: now } };

/** Returns the times of the last hour; the same list if they are all of them. */
function lastHour(times: readonly Timestamp[], now: Timestamp): readonly Timestamp[] {
  if (times.every((at) => at <= now && elapsed(at, now) < HOUR)) return times;
  return times.map((at) => timestamp(Math.min(at, now))).filter((at) => elapsed(at, now) < HOUR);
}

/** Notes that a change is held back, or that it no longer is: what ended meanwhile was expected and is not told. */
function hold(tracked: Tracked, { now, holdOf }: Moment): Tracked {
  const { pending, ...rest } = tracked;
  if (pending === undefined) return tracked;
  const isOver = isGood(tracked.notice.event) && !isToldBad(tracked);
  const held = holdOf(tracked.notice);
  if (held !== undefined) {
    const { settle } = held;
    return pending.held === settle ? tracked : { ...rest, pending: { ...pending, held: settle } };
  }
  if (pending.held === undefined) {
    if (isOver && pending.notBefore !== undefined && pending.notBefore > now) return rest;
    return pending.since <= now ? tracked : { ...rest, pending: { ...pending, since: now } };
  }
  if (isOver) return rest;
  const { held: settle, ...released } = pending;
  return { ...rest, pending: { ...released, since: now, notBefore: after(now, settle) } };
}

/** Reports whether quiet hours do not apply to a change, or to the end of what was told in spite of them. */
function isUrgent({ notice, told, pending }: Tracked, quietHours: DecisionPolicy["quietHours"]): boolean {
  const urgent = quietHours?.urgent;
  if (urgent === undefined) return true;
  const first = pending?.first;
  return (
    urgent.has(severityOf(notice.event, notice.subject)) ||
    (told !== undefined && urgent.has(told.severity)) ||
    (first !== undefined && urgent.has(severityOf(first.event, first.subject)))
  );
}

/** Returns when a message about something is due; `undefined` if there is nothing to tell. */
function dueAt(
  { notice, told, pending, recent }: Tracked,
  { groupWait, repeatEvery }: DecisionPolicy,
  { now, holdOf }: Moment,
): number | undefined {
  const last = recent.at(-1);
  const calm = last !== undefined && recent.length >= FLAPPING ? after(last, FLAPPING_INTERVAL) : 0;
  if (pending !== undefined) return Math.max(after(pending.since, groupWait), pending.notBefore ?? 0, calm);
  if (told === undefined || isGood(told.event) || repeatEvery === undefined) return undefined;
  const at = Math.max(after(told.at, repeatEvery), calm);
  return at <= now && holdOf(notice) !== undefined ? undefined : at;
}

const afterLast = (sent: readonly Timestamp[], { groupInterval }: DecisionPolicy): number => {
  const last = sent.at(-1);
  return last === undefined ? 0 : after(last, groupInterval);
};

/**
 * Returns when the next message is allowed. While fewer than half of an hour's messages were sent within the last hour, at
 * once; else so long after the last one that the other half takes an hour. So any hour has at most `maxPerHour`, and a storm
 * never delays the next message by a whole hour.
 */
function spacing(sent: readonly Timestamp[], maxPerHour: number): number {
  const burst = Math.ceil(maxPerHour / 2);
  const last = sent.at(-1);
  if (last === undefined || sent.length < burst) return 0;
  return after(last, seconds(HOUR / Math.max(1, maxPerHour - burst)));
}

function tell(
  state: ChannelState,
  chosen: readonly (readonly [string, Tracked])[],
  now: Timestamp,
): ChannelState {
  const tracked = new Map(state.tracked);
  for (const [key, { notice, badSince, recent }] of chosen) {
    const { event, subject, reason } = notice;
    const told = { event, severity: severityOf(event, subject), at: now, ...defined({ reason }) };
    tracked.set(key, { notice, told, recent: [...recent, now], ...defined({ badSince }) });
  }
  return { tracked, sent: [...state.sent, now], number: state.number + 1 };
}

const itemOf = ({ notice, badSince, told, pending }: Tracked): DecidedItem => ({
  notice,
  changes: pending?.changes ?? 0,
  ...defined({ badSince, told, first: pending?.first }),
});

/** Age from which a replica that does not lead takes a change for told by the one that leads. */
const TAKEN_OVER = seconds(120);

/** Follows the messages of the replica that leads: what it must have told by now counts as told. */
export function follow(before: ChannelState, policy: DecisionPolicy, moment: Moment): ChannelState {
  const state = refresh(before, moment);
  const tracked = new Map(state.tracked);
  for (const [key, one] of tracked) {
    const { notice, badSince, recent, pending } = one;
    if (
      pending === undefined ||
      pending.held !== undefined ||
      elapsed(pending.since, moment.now) < TAKEN_OVER
    )
      continue;
    if (moment.quiet && !isUrgent(one, policy.quietHours)) continue;
    const { event, subject, at, reason } = notice;
    const told = { event, severity: severityOf(event, subject), at, ...defined({ reason }) };
    tracked.set(key, { notice, told, recent, ...defined({ badSince }) });
  }
  return { ...state, tracked };
}
