import type { Request, Response } from "express";
import type { SubjectKind } from "../../page/model/words.ts";
import { sendJson } from "../compress.ts";
import { readWindow } from "../page-query.ts";
import { refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

/**
 * Makes the handler of `GET /api/v1/targets/{name}[?window=]` and of the same route for another kind: everything about one of
 * them.
 */
export const subjectRoute =
  (kind: SubjectKind) =>
  ({ page }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const reading = readWindow(queryOf(req));
    if ("refused" in reading) return refuseJson(res, 400, reading.refused);
    const name = String(req.params["name"]);
    const subject = await page.subject({ kind, name }, reading.query);
    if (subject === undefined) {
      return refuseJson(res, 404, `${kind}: got ${JSON.stringify(name)}, want the name of a ${kind}`);
    }
    res.set("Cache-Control", "no-store");
    await sendJson(req, res, subject);
  };
