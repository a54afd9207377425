import type { Request, Response } from "express";
import { seconds } from "../../core/units.ts";
import { debugText } from "../debug-text.ts";
import type { RouteContext } from "../deps.ts";
import { refuse } from "../refuse.ts";
import { queryOf } from "../request.ts";

/** `/logs?id=`: what happened during a recent probe, as `debug=true` would have shown it. */
export const logsRoute =
  ({ pastProbe, resultText }: RouteContext) =>
  (req: Request, res: Response): void => {
    const id = queryOf(req).get("id");
    const probe = id === null || !/^\d{1,15}$/.test(id) ? undefined : pastProbe(Number(id));
    if (probe === undefined) {
      return refuse(
        res,
        404,
        `id: got ${id === null ? "nothing" : JSON.stringify(id)}, want the number of a recent probe, as / lists them`,
      );
    }
    const { result, module } = probe;
    res.type("text/plain").send(debugText(result, module, resultText({ result, age: seconds(0) })));
  };
