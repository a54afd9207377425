import { catalogue } from "../catalogue.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { Seconds } from "../core/units.ts";
import type { StoreStatus } from "../store/file.ts";

/** How the store is, and how long nobody was there before this start. */
export interface StoreFacts extends StoreStatus {
  readonly downFor: Seconds;
}

/** The store, as series. */
export function* storeSamples({ up, failures, file, downFor }: StoreFacts): Generator<Sample> {
  yield sample(catalogue.storeUp, Number(up));
  for (const [reason, count] of Object.entries(failures))
    yield sample(catalogue.storeWriteFailures, count, { reason });
  yield sample(catalogue.down, downFor);
  if (file === undefined) return;
  yield sample(catalogue.storeSize, file.bytes);
  yield sample(catalogue.storeResults, file.results);
}
