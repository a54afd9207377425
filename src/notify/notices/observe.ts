import type { Channel } from "../../core/channel.ts";
import { defined } from "../../core/defined.ts";
import { isGood, type Notice, selects } from "../../core/notice.ts";
import type { Timestamp } from "../../core/units.ts";
import { type ChannelState, isToldBad, keyOf, type PendingChange, type Tracked } from "./state.ts";

/**
 * Takes in a notice. It is pending if the channel's rule selects it, or if it changes what the channel told before, so that the
 * last message about a subject does not stay wrong.
 */
export function observe(
  state: ChannelState,
  notice: Notice,
  channel: Pick<Channel, "when" | "sendResolved">,
  now: Timestamp,
): ChannelState {
  const key = keyOf(notice);
  const before = state.tracked.get(key);
  const isSelected = !isGood(notice.event) && selects(channel.when, notice.event, notice.subject);
  if (before === undefined && !isSelected) return state;
  const tracked = new Map(state.tracked);
  tracked.set(key, next(before, notice, isSelected, channel.sendResolved, now));
  return { ...state, tracked };
}

function next(
  before: Tracked | undefined,
  notice: Notice,
  isSelected: boolean,
  sendResolved: boolean,
  now: Timestamp,
): Tracked {
  if (before === undefined) {
    return { notice, badSince: notice.at, pending: pendingOf(undefined, notice, true, now), recent: [] };
  }
  // The same state with newer facts.
  if (before.notice.event === notice.event) return { ...before, notice: { ...notice, at: before.notice.at } };
  const { told, recent, pending } = before;
  const becameBad = isGood(before.notice.event) && !isGood(notice.event);
  const changed = {
    notice,
    recent,
    ...defined({ badSince: becameBad ? notice.at : before.badSince }),
  };
  if (isGood(notice.event) && !sendResolved) return changed;
  const common = { ...changed, ...defined({ told }) };
  // Back to what was told while it was bad: the last message is true.
  if (isToldBad(before) && told?.event === notice.event) return common;
  if (!isSelected && !isToldBad(before) && pending === undefined) return common;
  return { ...common, pending: pendingOf(pending, notice, isSelected, now) };
}

function pendingOf(
  before: PendingChange | undefined,
  notice: Notice,
  isSelected: boolean,
  now: Timestamp,
): PendingChange {
  const first = before?.first ?? (isSelected ? notice : undefined);
  return { since: now, ...before, changes: (before?.changes ?? 0) + 1, ...defined({ first }) };
}
