import { type Seconds, seconds } from "./units.ts";

/**
 * The time at which something arrived, on the monotonic clock. The two differ if the event loop stood still before it was
 * read: it may have arrived at any moment between them.
 */
export interface Arrival {
  readonly earliest: Seconds;
  readonly latest: Seconds;
}

/** Longest uncertainty of a time that is taken as exact: the ordinary work of a busy loop. */
export const NEGLIGIBLE = seconds(0.01);

/** Largest uncertainty of a long time, as a part of it. */
const PART = 0.1;

/**
 * Reports whether a time is known well enough for a statistic of the target. A stall of the exporter makes it uncertain; a
 * statistic without it stays true, as stalls do not choose targets.
 */
export const isPrecise = (length: Seconds, uncertainty: Seconds): boolean =>
  uncertainty <= Math.max(NEGLIGIBLE, PART * length);

/**
 * Returns the time from one arrival to a later one, such that no stall of the exporter is in it; `undefined` if it is not known
 * precisely enough.
 */
export function timeBetween(from: Arrival, to: Arrival): Seconds | undefined {
  const length = seconds(to.earliest - from.latest);
  const uncertainty = seconds(to.latest - to.earliest + (from.latest - from.earliest));
  return isPrecise(length, uncertainty) ? length : undefined;
}

/** Returns the arrival of what is not received but done, at a known time. */
export const exactly = (at: Seconds): Arrival => ({ earliest: at, latest: at });
