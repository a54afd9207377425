import { defined } from "../core/defined.ts";
import { after, type Seconds, seconds, type Timestamp } from "../core/units.ts";
import type { Policy, PushEvent, PushState } from "./push-state.ts";
import { earliest, latest } from "./time-order.ts";

/**
 * Longest time that every heartbeat has left after an absence of the exporter. The pings of the absence wait in the socket,
 * or were lost and come again. For shorter absences the time is twice as long as the absence, so that an exporter that is
 * blocked again and again still notices silence.
 */
const MOST_LEFT = seconds(60);

/** Moves all steady times forward by the downtime. */
export function excludeDowntime(
  state: PushState,
  { at, downFor }: Extract<PushEvent, { kind: "restored" }>,
): PushState {
  // A time stored while the clock was ahead must not end up in the future: the silence would never end.
  const later = (time: Timestamp): Timestamp => earliest(after(time, downFor), at);
  // The time of a run that was still to come passes by the wall clock, at the latest when the exporter is back.
  const passed = (time: Timestamp): Timestamp =>
    after(time, downFor) <= at ? after(time, downFor) : latest(at, time);
  const { awaited, inProgress: running } = state;
  return {
    ...state,
    heardAt: later(state.heardAt),
    starts: state.starts.map((start) => ({ ...start, at: later(start.at) })),
    ...(state.silentSince === undefined ? {} : { silentSince: later(state.silentSince) }),
    ...(awaited === undefined ? {} : { awaited: { ...awaited, at: passed(awaited.at) } }),
    ...(running === undefined
      ? {}
      : { inProgress: { since: later(running.since), until: after(running.until, downFor) } }),
  };
}

/** Gives what has not expired by the end of an absence enough time for the pings of the absence to arrive. */
export function extendDeadlines(
  state: PushState,
  { at, absence }: Extract<PushEvent, { kind: "resumed" }>,
  { timeout, startTimeout, cadence }: Policy,
): PushState {
  const left = Math.min(2 * absence, MOST_LEFT);
  const extend = (since: Timestamp, limit: Seconds): Timestamp =>
    at >= after(since, limit) ? since : latest(since, after(at, seconds(Math.min(left, limit) - limit)));
  const { silentSince, starts, awaited, inProgress: running } = state;
  const silent = silentSince === undefined ? undefined : extend(silentSince, timeout);
  const extended = starts.map((start) => ({ ...start, at: extend(start.at, startTimeout) }));
  const scheduled =
    awaited === undefined || cadence?.kind !== "cron"
      ? awaited
      : { ...awaited, at: extend(awaited.at, cadence.grace) };
  const progress =
    running === undefined || at >= running.until
      ? running
      : { ...running, until: latest(running.until, after(at, seconds(Math.min(left, startTimeout)))) };
  const isChanged =
    silent !== silentSince ||
    scheduled?.at !== awaited?.at ||
    progress?.until !== running?.until ||
    extended.some((start, i) => start.at !== starts[i]?.at);
  const times = defined({ silentSince: silent, awaited: scheduled, inProgress: progress });
  return isChanged ? { ...state, starts: extended, ...times } : state;
}
