import type { Request, Response } from "express";
import { debugText, skippedText } from "../debug-text.ts";
import type { RouteContext } from "../deps.ts";
import { parseProbeQuery } from "../probe-query.ts";
import { refuse } from "../refuse.ts";
import { queryOf } from "../request.ts";
import { CONTENT_TYPE, readScrapeTimeout } from "../scrape.ts";

/**
 * `/probe?target=&module=[&model=&hostname=&debug=true]`: one probe, in the form of the multi-target pattern. A probe
 * that failed is a good answer (200); only a request that cannot be understood is not.
 */
export const probeRoute =
  ({ ask, current, resultText }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const query = queryOf(req);
    const asked = parseProbeQuery(query, current());
    // In the order in which blackbox_exporter looks: module, timeout, target.
    if (asked.kind === "refused" && asked.about === "module") return refuse(res, 400, asked.text);
    const timeout = readScrapeTimeout(req);
    if (typeof timeout === "string") return refuse(res, 500, timeout);
    if (asked.kind === "refused") return refuse(res, 400, asked.text);

    const shown =
      asked.kind === "target"
        ? await ask.target(asked.target, timeout)
        : await ask.address(asked.target, asked.module, timeout);
    const text = resultText(shown);
    if (query.get("debug") !== "true") {
      res.set("Content-Type", CONTENT_TYPE).end(text);
      return;
    }
    const module = asked.kind === "target" ? asked.target.module : asked.module;
    res
      .type("text/plain")
      .send(
        "result" in shown
          ? debugText(shown.result, module, text, shown.skipped)
          : skippedText(shown, module, text),
      );
  };
