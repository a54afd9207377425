import type { Request, Response } from "express";
import { debugText, skippedText } from "../debug-text.ts";
import { parseProbeQuery } from "../probe-query.ts";
import { refuse } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";
import { CONTENT_TYPE, readScrapeTimeout } from "../scrape.ts";

/**
 * `/probe?target=&module=[&model=&hostname=&debug=true]`: one probe, by the multi-target exporter pattern. A failed probe
 * is answered 200; only a malformed request is an error.
 */
export const probeRoute =
  ({ ask, config, metrics }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const parameters = queryOf(req);
    const query = parseProbeQuery(parameters, config());
    // The order of blackbox_exporter: module, timeout, target.
    if (query.kind === "refused" && query.about === "module") return refuse(res, 400, query.text);
    const timeout = readScrapeTimeout(req);
    if (typeof timeout === "string") return refuse(res, 500, timeout);
    if (query.kind === "refused") return refuse(res, 400, query.text);

    const answer =
      query.kind === "target"
        ? await ask.target(query.target, timeout)
        : await ask.address(query.target, query.module, timeout);
    const text = metrics.result(answer);
    if (parameters.get("debug") !== "true") {
      res.set("Content-Type", CONTENT_TYPE).end(text);
      return;
    }
    const module = query.kind === "target" ? query.target.module : query.module;
    res
      .type("text/plain")
      .send(
        "result" in answer
          ? debugText(answer.result, module, text, answer.skipped)
          : skippedText(answer, module, text),
      );
  };
