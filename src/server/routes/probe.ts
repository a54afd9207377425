import type { IncomingMessage, ServerResponse } from "node:http";
import type { Request, Response } from "express";
import { refuseEncoding, sendText } from "../compress.ts";
import { debugText, skippedText } from "../debug-text.ts";
import { redirectTo } from "../leader.ts";
import { acceptedEncodings, chooseFormat, setFormat } from "../negotiate.ts";
import { parseProbeQuery } from "../probe-query.ts";
import { refuse } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";
import { readScrapeTimeout } from "../scrape.ts";

/**
 * `/probe?target=&module=[&model=&hostname=&debug=true]`: one probe, by the multi-target exporter pattern. A failed probe
 * is answered 200; only a malformed request is an error, and a scrape whose time ends while the exporter stands still (503).
 */
export const probeRoute = (context: RouteContext) => {
  const answer = probeAnswer(context);
  return (req: Request, res: Response): Promise<void> => answer(req, res, (url) => redirectTo(url, req, res));
};

/** Sends a request to the replica that leads, at this URL. */
type ToLeader = (leader: URL) => void;

/** Returns the function that answers `/probe`, without what express adds to requests and responses. */
export const probeAnswer =
  ({ ask, config, metrics, unknownModules, otherLeader, probesAny }: RouteContext) =>
  async (req: IncomingMessage, res: ServerResponse, toLeader: ToLeader): Promise<void> => {
    const parameters = queryOf(req);
    const current = config();
    const query = parseProbeQuery(parameters, {
      ...current,
      access: probesAny && current.web.probesAny ? "bounded" : "configured",
    });
    // The order of blackbox_exporter: module, timeout, target.
    if (query.kind === "refused" && query.about === "module") {
      unknownModules.add();
      return refuse(res, 400, query.text);
    }
    const timeout = readScrapeTimeout(req);
    if (typeof timeout === "string") return refuse(res, 500, timeout);
    if (query.kind === "refused") return refuse(res, query.about === "access" ? 403 : 400, query.text);
    // Before the probe, which may cost money.
    if (acceptedEncodings(req) === undefined) return refuseEncoding(res);

    // This replica would answer without a verdict, and a target behind several replicas would come and go.
    const { prober } = query.kind === "target" ? query.target.module : query.module;
    const leader = prober.costly ? otherLeader()?.url : undefined;
    if (leader !== undefined) return toLeader(leader);

    const answer =
      query.kind === "target"
        ? await ask.target(query.target, timeout)
        : await ask.address(query.target, query.module, timeout);
    if ("heldUp" in answer) return refuse(res, 503, answer.heldUp);
    if (parameters.get("debug") !== "true") {
      const format = chooseFormat(req);
      setFormat(res, format);
      return sendText(req, res, metrics.result(answer, format));
    }
    const module = query.kind === "target" ? query.target.module : query.module;
    const text = metrics.result(answer);
    res.setHeader("Content-Type", "text/plain; charset=utf-8");
    await sendText(
      req,
      res,
      "result" in answer
        ? debugText(answer.result, module, text, answer.skipped)
        : skippedText(answer, module, text),
    );
  };
