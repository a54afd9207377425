import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { Request, Response } from "express";
import { seconds } from "../../core/units.ts";
import { refuse } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";
import { CONTENT_TYPE, readScrapeTimeout } from "../scrape.ts";

/** Sections of `/metrics`. `collect[]` selects some; all by default. */
const SECTIONS = ["exporter", "targets", "heartbeats"] as const;

/** The scrape timeout of requests that announce none: Prometheus' default. */
const DEFAULT_SCRAPE_TIMEOUT = seconds(10);

/**
 * `GET /metrics[?collect[]=exporter&collect[]=targets&collect[]=heartbeats]`: the exporter itself, all configured targets
 * and all heartbeats.
 */
export const metricsRoute =
  ({ config, metrics }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    if (!config().contextApi.metricsEnabled) {
      return refuse(res, 404, "/metrics is turned off by context_api.metrics_enabled");
    }
    const selected = queryOf(req).getAll("collect[]");
    const unknown = selected.find((name) => !SECTIONS.some((section) => section === name));
    if (unknown !== undefined) {
      return refuse(res, 400, `collect[]: got ${JSON.stringify(unknown)}, want ${SECTIONS.join(", ")}`);
    }
    const timeout = readScrapeTimeout(req);
    if (typeof timeout === "string") return refuse(res, 500, timeout);

    const wants = (section: (typeof SECTIONS)[number]): boolean =>
      selected.length === 0 || selected.includes(section);
    const targets = wants("targets") ? await metrics.targets(timeout ?? DEFAULT_SCRAPE_TIMEOUT) : "";
    const exporter = wants("exporter") ? await metrics.exporter() : "";
    const pieces: Buffer[] = [Buffer.from(exporter + targets)];
    // After the targets, whose probes may have found newer heartbeats.
    if (wants("heartbeats")) for await (const piece of metrics.heartbeats()) pieces.push(piece);
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    res.set({ "Content-Type": CONTENT_TYPE, "Content-Length": String(length) });
    // Copying megabytes to a socket would block probes in flight.
    for (const piece of pieces) {
      res.write(piece);
      if (pieces.length > 1) await yieldToEventLoop();
    }
    res.end();
  };
