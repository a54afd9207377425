import type { JSONSchema } from "json-schema-to-ts";
import { HISTOGRAMS, type HistogramName, type SeriesChoice } from "../../core/series-choice.ts";

/** The option `histograms` of a module or target, without a description. */
export const histograms = {
  type: "array",
  items: { type: "string", enum: HISTOGRAMS },
  uniqueItems: true,
} as const satisfies JSONSchema;

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
