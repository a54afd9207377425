import type { Request } from "express";
import { type Seconds, seconds } from "../core/units.ts";

/**
 * How long the scraper says it will wait, `undefined` when it says nothing, or the text of what is wrong with what it
 * says. Prometheus sends the header with each scrape.
 */
export function readScrapeTimeout(req: Request): Seconds | undefined | string {
  const header = req.get("X-Prometheus-Scrape-Timeout-Seconds");
  if (header === undefined) return undefined;
  const value = header.trim() === "" ? Number.NaN : Number(header);
  if (Number.isFinite(value) && value > 0) return seconds(value);
  return `X-Prometheus-Scrape-Timeout-Seconds: got ${JSON.stringify(header)}, want a positive number of seconds`;
}

/** The content type of Prometheus' text format, version 0.0.4. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
