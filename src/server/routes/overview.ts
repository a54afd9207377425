import type { Request, RequestHandler, Response } from "express";
import type { OverviewQuery } from "../../page/model/overview.ts";
import { sendJson, sendText } from "../compress.ts";
import { sendView } from "../html.ts";
import { landingPage } from "../landing-page.ts";
import { readOverviewQuery } from "../page-query.ts";
import { refuse, refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

/** `GET /api/v1/overview[?text=&status=&kind=&label=&group=&offset=&limit=]`: what is up, what is not, why and since when. */
export const overviewRoute =
  ({ page }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const reading = readOverviewQuery(queryOf(req));
    if ("refused" in reading) return refuseJson(res, 400, reading.refused);
    res.set("Cache-Control", "no-store");
    await sendJson(req, res, await page.overview(reading.query));
  };

/**
 * `GET /`: the overview in the form that `Accept` prefers: a table for terminals, HTML for browsers, or JSON. With
 * `--web.page=off`, always the landing page.
 */
export const homeRoute = (context: RouteContext): RequestHandler => {
  const landing = landingPage(context);
  return async (req, res) => {
    if (!context.showsPage) return landing(req, res);
    res.vary("Accept");
    // A client without a preference, such as curl, gets the first.
    const form = req.accepts("text/plain", "text/html", "application/json");
    const reading = readOverviewQuery(queryOf(req));
    if ("refused" in reading) return refuse(res, 400, reading.refused);
    if (form === "text/html") {
      const view = {
        kind: "overview",
        data: await context.page.overview(reading.query),
        search: queryOf(req).toString(),
      } as const;
      return sendView(context, view, req, res);
    }
    await sendPlain(context, reading.query, form === "application/json", req, res);
  };
};

async function sendPlain(
  { page }: RouteContext,
  query: OverviewQuery,
  asJson: boolean,
  req: Request,
  res: Response,
): Promise<void> {
  const overview = await page.overview(query);
  res.set("Cache-Control", "no-store");
  if (asJson) return sendJson(req, res, overview);
  res.type("text/plain");
  await sendText(req, res, page.forms.overviewText(overview));
}
