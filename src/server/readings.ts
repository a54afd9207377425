import type { Clock } from "../core/clock.ts";
import { type Seconds, seconds } from "../core/units.ts";
import type { MetricsText, ScrapeReading, Section } from "./route-context.ts";

/** Reads the metrics for scrapes. */
export interface Readings {
  /** Returns the reading of a scrape: one that has just begun for another scrape of the same, or a new one. */
  read(sections: ReadonlySet<Section>, scrapeTimeout: Seconds): Promise<ScrapeReading>;
}

/**
 * Time within which scrapes count as coming at once. A reading of 10,000 targets takes megabytes, and fifty scrapes would have
 * fifty of them; results that are this much older than a scrape are no different to it.
 */
const AT_ONCE = seconds(0.1);

/** Creates readings that concurrent scrapes share. */
export function createReadings(clock: Clock, metrics: MetricsText): Readings {
  const young = new Map<string, Promise<ScrapeReading>>();
  return {
    read(sections, scrapeTimeout) {
      const key = `${[...sections].join()} ${scrapeTimeout}`;
      const shared = young.get(key);
      if (shared !== undefined) return shared;
      const reading = metrics.read(sections, scrapeTimeout);
      const cancel = clock.after(AT_ONCE, () => forget());
      const forget = (): void => {
        cancel();
        if (young.get(key) === reading) young.delete(key);
      };
      young.set(key, reading);
      reading.then(forget, forget);
      return reading;
    },
  };
}
