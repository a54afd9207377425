import type { JSONSchema } from "json-schema-to-ts";
import type { Prober } from "../../core/prober.ts";
import { HISTOGRAMS, type HistogramName, type SeriesChoice } from "../../core/series-choice.ts";

/** The option `histograms` of a module or target, without a description. */
export const histograms = {
  type: "array",
  items: { type: "string", enum: HISTOGRAMS },
  uniqueItems: true,
} as const satisfies JSONSchema;

/** The histograms of targets by default: answers that cost money are rare, so that each should be counted. */
const COSTLY_HISTOGRAMS: readonly HistogramName[] = ["duration", "first_token"];

/** Returns the choice of modules that make none. */
export const defaultSeries = ({ costly }: Pick<Prober, "costly">): SeriesChoice => ({
  histograms: costly ? COSTLY_HISTOGRAMS : [],
  details: false,
});

/**
 * Returns the choice that valid options make.
 * @param base applies to the options that are left out
 */
export const seriesChoiceOf = (
  raw: {
    readonly histograms?: readonly HistogramName[] | undefined;
    readonly probe_details?: boolean | undefined;
  },
  base: SeriesChoice,
): SeriesChoice => ({
  histograms: inOrder(raw.histograms ?? base.histograms),
  details: raw.probe_details ?? base.details,
});

const inOrder = (names: readonly HistogramName[]): readonly HistogramName[] =>
  HISTOGRAMS.filter((name) => names.includes(name));
