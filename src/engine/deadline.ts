import { type Seconds, seconds } from "../core/units.ts";

/** What a probe may take when neither the module nor the scrape says anything; blackbox_exporter's value. */
const DEFAULT_SCRAPE_TIMEOUT = seconds(120);

/**
 * How long a probe may take: the module's timeout, bounded by the scrape's own timeout less an offset, which is left for
 * the answer to travel. The offset never shortens the module's own timeout. Same rule as blackbox_exporter.
 * @param scrapeTimeout what Prometheus announced, if it did
 */
export function probeTimeout(
  moduleTimeout: Seconds | undefined,
  scrapeTimeout: Seconds | undefined,
  offset: Seconds,
): Seconds {
  const longest = seconds((scrapeTimeout ?? DEFAULT_SCRAPE_TIMEOUT) - offset);
  if (moduleTimeout !== undefined && (moduleTimeout < longest || longest < 0)) return moduleTimeout;
  return longest;
}
