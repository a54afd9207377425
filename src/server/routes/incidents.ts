import type { Request, Response } from "express";
import { sendCacheable } from "../cacheable.ts";
import { sendJson } from "../compress.ts";
import { readIncidentQuery } from "../page-query.ts";
import { refuse, refuseJson } from "../refuse.ts";
import { baseOf, queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

/** `GET /api/v1/incidents[?kind=&name=&group=&offset=&limit=]`: the stretches in which something was not healthy, the newest first. */
export const incidentsRoute =
  ({ page }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const reading = readIncidentQuery(queryOf(req));
    if ("refused" in reading) return refuseJson(res, 400, reading.refused);
    res.set("Cache-Control", "no-store");
    await sendJson(req, res, await page.incidents(reading.query));
  };

/** `GET /api/v1/incidents/{id}`: one incident with its events. */
export const incidentRoute =
  ({ page }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const id = String(req.params["id"]);
    const incident = await page.incident(id);
    if (incident === undefined) {
      return refuseJson(
        res,
        404,
        `id: got ${JSON.stringify(id)}, want the id of an incident, see /api/v1/incidents`,
      );
    }
    res.set("Cache-Control", "no-store");
    await sendJson(req, res, incident);
  };

/** `GET /incidents.atom`: the incidents as a feed, with the parameters of `/api/v1/incidents`. */
export const incidentFeedRoute =
  (context: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const { page } = context;
    const reading = readIncidentQuery(queryOf(req));
    if ("refused" in reading) return refuse(res, 400, reading.refused);
    const text = page.forms.incidentFeed(await page.incidents(reading.query), baseOf(req, context));
    await sendCacheable(req, res, { type: "application/atom+xml; charset=utf-8", text, maxAge: 30 });
  };
