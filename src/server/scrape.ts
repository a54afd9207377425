import type { IncomingMessage } from "node:http";
import { type Seconds, seconds } from "../core/units.ts";

const DECIMAL = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;

/**
 * Parses the timeout that Prometheus sends with each scrape. Returns `undefined` without one or for 0, as in blackbox_exporter,
 * and an error text if it is malformed. A negative one leaves no time.
 */
export function readScrapeTimeout({ headers }: IncomingMessage): Seconds | undefined | string {
  const header = String(headers["x-prometheus-scrape-timeout-seconds"] ?? "");
  if (header === "") return undefined;
  const value = DECIMAL.test(header) ? Number(header) : Number.NaN;
  if (Number.isFinite(value)) return value === 0 ? undefined : seconds(value);
  return `X-Prometheus-Scrape-Timeout-Seconds: got ${JSON.stringify(header)}, want a number of seconds`;
}
