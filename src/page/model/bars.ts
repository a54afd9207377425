/** One of the last results of a target, as a bar shows it. */
export interface ResultMark {
  /** Unix time in seconds at which the probe began. */
  readonly at: number;
  readonly ok: boolean;
  /** The reason of a failure; absent after a success. */
  readonly reason?: string;
  /** Duration in seconds. */
  readonly seconds: number;
}

/**
 * The last days of a subject, the oldest first, the last one today (UTC): the uptime of each day, from 0 to 1. `null` where
 * nothing is known; a page shows it grey, never as up. As long as `DAYS_SHOWN`.
 */
export type DayBar = readonly (number | null)[];

/** Length of a {@link DayBar}. */
export const DAYS_SHOWN = 90;

/** Most results in a bar of last results. */
export const RESULTS_SHOWN = 30;

/**
 * Mean duration of probes in seconds in each hour of the last day, the oldest first, the last one that of now; `null` where there
 * were none. `results` has the durations of the last probes, for a line that moves.
 */
export type Sparkline = readonly (number | null)[];

/** Length of a {@link Sparkline}. */
export const SPARKLINE_POINTS = 24;
