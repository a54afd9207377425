import { catalogue } from "../catalogue.ts";
import { type Sample, sample } from "../core/metric.ts";

/** The streams of events, as series. */
export function* streamSamples(open: number, dropped: number): Generator<Sample> {
  yield sample(catalogue.eventStreams, open);
  yield sample(catalogue.eventStreamsDropped, dropped);
}
