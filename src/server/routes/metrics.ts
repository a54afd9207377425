import { setImmediate as othersTurn } from "node:timers/promises";
import type { Request, Response } from "express";
import { seconds } from "../../core/units.ts";
import type { RouteContext } from "../deps.ts";
import { refuse } from "../refuse.ts";
import { queryOf } from "../request.ts";
import { CONTENT_TYPE, readScrapeTimeout } from "../scrape.ts";

/** The sections of `/metrics`; `collect[]` picks some, without it all are there. */
const SECTIONS = ["exporter", "targets", "heartbeats"] as const;

/** How long `/metrics` waits for probes when no scraper says how long it waits: Prometheus' default. */
const DEFAULT_SCRAPE_TIMEOUT = seconds(10);

/** `/metrics[?collect[]=exporter&collect[]=targets&collect[]=heartbeats]`: the exporter itself, every configured target, every heartbeat. */
export const metricsRoute =
  (deps: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    if (!deps.current().contextApi.metricsEnabled) {
      return refuse(res, 404, "/metrics is turned off by context_api.metrics_enabled");
    }
    const asked = queryOf(req).getAll("collect[]");
    const unknown = asked.find((name) => !SECTIONS.some((section) => section === name));
    if (unknown !== undefined) {
      return refuse(res, 400, `collect[]: got ${JSON.stringify(unknown)}, want ${SECTIONS.join(", ")}`);
    }
    const timeout = readScrapeTimeout(req);
    if (typeof timeout === "string") return refuse(res, 500, timeout);

    const wants = (section: (typeof SECTIONS)[number]): boolean =>
      asked.length === 0 || asked.includes(section);
    const targets = wants("targets") ? await deps.targetsText(timeout ?? DEFAULT_SCRAPE_TIMEOUT) : "";
    const exporter = wants("exporter") ? await deps.selfText() : "";
    const pieces: Buffer[] = [Buffer.from(exporter + targets)];
    // After the targets, whose probes may have heard something new.
    if (wants("heartbeats")) for await (const piece of deps.heartbeatsText()) pieces.push(piece);
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    res.set({ "Content-Type": CONTENT_TYPE, "Content-Length": String(length) });
    // Copying megabytes to a socket takes its time, too.
    for (const piece of pieces) {
      res.write(piece);
      if (pieces.length > 1) await othersTurn();
    }
    res.end();
  };
