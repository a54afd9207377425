/**
 * The histograms that a target can have; the values of the option `histograms`: durations of successful probes, durations of
 * failed ones, times to the first token, and times between tokens.
 */
export const HISTOGRAMS = ["duration", "failed_duration", "first_token", "inter_token"] as const;

/** One of `HISTOGRAMS`. */
export type HistogramName = (typeof HISTOGRAMS)[number];

/** The optional series of a target on `/metrics`. */
export interface SeriesChoice {
  /** In the order of `HISTOGRAMS`, each once. */
  readonly histograms: readonly HistogramName[];
  /** True if `/metrics` has all series of a probe, also those that no rule reads. */
  readonly details: boolean;
}
