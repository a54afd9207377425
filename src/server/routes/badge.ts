import type { Request, Response } from "express";
import { sendCacheable } from "../cacheable.ts";
import { CLOSED_POLICY } from "../front/security-headers.ts";
import { readBadgeQuery } from "../page-query.ts";
import { refuse } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

const SUFFIX = ".svg";

/** `GET /badge/{name}.svg[?show=status|uptime|latency&window=&label=]`: a picture for other pages. 404 with a grey one for an unknown name. */
export const badgeRoute =
  ({ page }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const file = String(req.params["file"]);
    if (!file.endsWith(SUFFIX) || file === SUFFIX) {
      return refuse(res, 404, `badge: got ${JSON.stringify(file)}, want NAME.svg`);
    }
    const reading = readBadgeQuery(file.slice(0, -SUFFIX.length), queryOf(req));
    if ("refused" in reading) return refuse(res, 400, reading.refused);
    const { svg, isKnown } = await page.badge(reading.query);
    // A picture opened by itself is a document, in which nothing may run.
    res.set("Content-Security-Policy", `${CLOSED_POLICY}; sandbox`);
    await sendCacheable(req, res, {
      type: "image/svg+xml; charset=utf-8",
      text: svg,
      maxAge: 15,
      isPublic: true,
      status: isKnown ? 200 : 404,
    });
  };
