import type { Request, Response } from "express";
import { seconds } from "../../core/units.ts";
import { debugText } from "../debug-text.ts";
import { refuse } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

/** `GET /logs?id=`: the log of a recent probe, as `debug=true` would have shown it. */
export const logsRoute =
  ({ recentProbes, metrics }: RouteContext) =>
  (req: Request, res: Response): void => {
    const id = queryOf(req).get("id");
    const probe = id === null || !/^\d{1,15}$/.test(id) ? undefined : recentProbes.find(Number(id));
    if (probe === undefined) {
      return refuse(
        res,
        404,
        `id: got ${id === null ? "nothing" : JSON.stringify(id)}, want the id of a recent probe; / lists them`,
      );
    }
    const { result, module } = probe;
    // It quotes what targets say, which browsers must not take for a page.
    res.set("X-Content-Type-Options", "nosniff");
    res.type("text/plain").send(debugText(result, module, metrics.result({ result, age: seconds(0) })));
  };
