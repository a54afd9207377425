import type { Request } from "express";
import { type Seconds, seconds } from "../core/units.ts";

/**
 * Parses the timeout that Prometheus sends with each scrape. Returns `undefined` without one, and an error text if it
 * is malformed.
 */
export function readScrapeTimeout(req: Request): Seconds | undefined | string {
  const header = req.get("X-Prometheus-Scrape-Timeout-Seconds");
  if (header === undefined) return undefined;
  const value = header.trim() === "" ? Number.NaN : Number(header);
  if (Number.isFinite(value) && value > 0) return seconds(value);
  return `X-Prometheus-Scrape-Timeout-Seconds: got ${JSON.stringify(header)}, want a positive number of seconds`;
}
