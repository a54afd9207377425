import type { Channel } from "../../core/channel.ts";
import { defined } from "../../core/defined.ts";
import { isGood, type Notice, selects } from "../../core/notice.ts";
import type { Timestamp } from "../../core/units.ts";
import { isToldBad, type PendingChange, type Tracked } from "./state.ts";

/**
 * Takes in a notice about something, of which `before` is what the channel knew. The notice is pending if the channel's rule
 * selects it, or if it changes what the channel told before, so that the last message about a subject does not stay wrong.
 * @returns `undefined` if there is nothing to follow
 */
export function observe(
  before: Tracked | undefined,
  notice: Notice,
  channel: Pick<Channel, "when" | "sendResolved">,
  now: Timestamp,
): Tracked | undefined {
  const isSelected = !isGood(notice.event) && selects(channel.when, notice.event, notice.subject);
  if (before === undefined && !isSelected) return undefined;
  return next(before, notice, isSelected, channel.sendResolved, now);
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
  const changes = (before?.changes ?? 0) + 1;
  // What becomes bad in another way is held back for its own cause, or not at all.
  if (!isGood(notice.event) && (before?.held ?? before?.notBefore) !== undefined)
    return { since: now, changes, ...defined({ first }) };
  return { since: now, ...before, changes, ...defined({ first }) };
}
