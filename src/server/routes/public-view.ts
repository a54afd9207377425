import type { Request, RequestHandler, Response } from "express";
import { rfc3339 } from "../../core/units.ts";
import type { PublicView } from "../../page/model/public-view.ts";
import { sendCacheable } from "../cacheable.ts";
import { sendPublicView } from "../html.ts";
import { refuse } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

/** Seconds for which clients and proxies may show a view without asking again. */
const MAX_AGE = 15;

const JSON_SUFFIX = ".json";

/**
 * Serves the public views at the paths of `pages`, and as JSON at the same paths with `.json`. A path that is none of them goes on to
 * the next handler.
 */
export const publicViews =
  (context: RouteContext): RequestHandler =>
  async (req, res, next) => {
    const { config, page, showsPage } = context;
    if (!showsPage || config().pages.length === 0) return next();
    const asJson = req.path.endsWith(JSON_SUFFIX);
    const path = asJson ? req.path.slice(0, -JSON_SUFFIX.length) : req.path;
    const found = config().pages.find((one) => one.path === path);
    if (found === undefined) return next();
    if (req.method !== "GET" && req.method !== "HEAD") {
      res.set("Allow", "GET, HEAD");
      return refuse(res, 405, `${req.method} ${req.path}: got ${req.method}, want GET, HEAD`);
    }
    await sendView(context, await page.publicView(found), asJson, req, res);
  };

/** `GET /status.json`: everything in the shape of a public view. */
export const statusJsonRoute =
  ({ page }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const text = `${JSON.stringify(await page.wholeView())}\n`;
    await sendCacheable(req, res, { type: "application/json; charset=utf-8", text, maxAge: MAX_AGE });
  };

async function sendView(
  context: RouteContext,
  view: PublicView,
  asJson: boolean,
  req: Request,
  res: Response,
): Promise<void> {
  const { page, clock } = context;
  const liked = asJson ? "application/json" : req.accepts("text/plain", "text/html", "application/json");
  if (liked === "text/html") {
    const embed = queryOf(req).get("embed") !== null;
    // Without a change it is the same text, so that caches need not fetch it again.
    const at = view.updated_at ?? rfc3339(clock.now());
    return sendPublicView(context, { kind: "public", data: view, at, embed }, MAX_AGE, req, res);
  }
  const form =
    liked === "application/json"
      ? { type: "application/json; charset=utf-8", text: `${JSON.stringify(view)}\n` }
      : { type: "text/plain; charset=utf-8", text: page.forms.publicViewText(view) };
  await sendCacheable(req, res, { ...form, maxAge: MAX_AGE, isPublic: true });
}
