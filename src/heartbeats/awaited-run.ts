import { defined } from "../core/defined.ts";
import { after, elapsed, seconds, type Timestamp } from "../core/units.ts";
import type { AwaitedRun, Cadence, Policy, PushEvent, PushState } from "./push-state.ts";
import { earliest, latest } from "./time-order.ts";

/**
 * Returns until when starts postpone lateness: until the newest run is late itself. Starts alone do not do so for ever: from
 * the second run that is expected since the last end, only the first start counts.
 */
export function inProgress(
  state: PushState,
  at: Timestamp,
  policy: Policy,
): { readonly since: Timestamp; readonly until: Timestamp } {
  const since = state.inProgress?.since ?? at;
  const first = after(since, policy.startTimeout);
  const second = secondDeadline(state, policy) ?? first;
  const until = earliest(after(at, policy.startTimeout), latest(first, second));
  return { since, until: latest(state.inProgress?.until, until) };
}

/** Returns when the run after the expected one would be late. */
function secondDeadline(
  { silentSince, awaited }: PushState,
  { timeout, cadence }: Policy,
): Timestamp | undefined {
  if (cadence?.kind === "every" && silentSince !== undefined)
    return after(silentSince, seconds(timeout + cadence.every));
  if (cadence?.kind !== "cron" || awaited === undefined) return undefined;
  const next = cadence.next(awaited.run);
  return next === undefined
    ? undefined
    : after(awaited.at, seconds(elapsed(awaited.run, next) + cadence.grace));
}

/** How early a ping may come for a run that it does not say the start of, because clocks differ. */
export const EARLY = seconds(1);

/** Returns the first run of a cron schedule that is `early` or more after `seen`. */
export function awaitedAfter(
  cadence: Cadence | undefined,
  at: Timestamp,
  seen: Timestamp,
  early = seconds(0),
): AwaitedRun | undefined {
  if (cadence?.kind !== "cron") return undefined;
  const run = cadence.next(after(seen, early));
  return run === undefined ? undefined : { id: cadence.id, run, at: after(at, elapsed(seen, run)) };
}

/** Maps the awaited run to the steady clock as it is now. A run whose time has passed stays late. */
export function reschedule(
  { awaited, ...state }: PushState,
  { at, seen, reset }: Extract<PushEvent, { kind: "rescheduled" }>,
  { cadence }: Policy,
): PushState {
  const fresh = awaitedAfter(cadence, at, seen);
  if (awaited === undefined || awaited.id !== fresh?.id) return { ...state, ...defined({ awaited: fresh }) };
  if (awaited.at <= at) return { ...state, awaited };
  // The newest ping may have come early for the run that is next: then the one after that is awaited.
  const wentBack =
    awaited.run > fresh.run && awaited.run > (awaitedAfter(cadence, at, seen, EARLY) ?? fresh).run;
  if (reset || wentBack) return { ...state, awaited: fresh };
  // Its time may have passed by the wall clock alone, while the exporter did not run.
  return { ...state, awaited: { ...awaited, at: latest(at, after(at, elapsed(seen, awaited.run))) } };
}
