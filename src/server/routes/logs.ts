import type { Request, Response } from "express";
import { escapeHtml, visible } from "../../core/escape.ts";
import { rfc3339, seconds } from "../../core/units.ts";
import type { PastProbe } from "../../engine/recent-probes.ts";
import { sendJson, sendText } from "../compress.ts";
import { debugText } from "../debug-text.ts";
import { sendView } from "../html.ts";
import { findProbe, parseLogsQuery } from "../logs-query.ts";
import { probesTable } from "../probes-table.ts";
import { refuse } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";
import { probeList } from "./probes.ts";

/**
 * `GET /logs[?id=|?target=[&module=]]`: the log of a recent probe, as `debug=true` would have shown it: of that with this number,
 * the newest one of a target by a module, or the last failed one of a target, else its last one. Without a query, the list of
 * recent probes.
 */
export const logsRoute =
  (context: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const query = parseLogsQuery(queryOf(req));
    switch (query.kind) {
      case "list":
        return sendList(context, req, res);
      case "refused":
        return refuse(res, 400, query.text);
      case "id": {
        const probe = context.recentProbes.find(query.id);
        if (probe !== undefined) return sendLog(context, probe, req, res);
        return refuse(res, 404, `id: got "${query.id}", want the id of a recent probe; /logs lists them`);
      }
      case "target": {
        const { target, module } = query;
        const probe = findProbe(context, target, module);
        if (probe !== undefined) return sendLog(context, probe, req, res);
        const by = module === undefined ? "" : ` by module ${JSON.stringify(module)}`;
        const text = `target: got ${JSON.stringify(target)}, want a target with a recent probe${by}; /logs lists them`;
        return refuse(res, 404, text);
      }
    }
  };

function sendLog(
  { metrics }: RouteContext,
  { result, module }: PastProbe,
  req: Request,
  res: Response,
): Promise<void> {
  res.type("text/plain");
  return sendText(req, res, debugText(result, module, metrics.result({ result, age: seconds(0) })));
}

/** Answers in the form that `Accept` prefers; a client without a preference, such as curl, gets text. */
async function sendList(context: RouteContext, req: Request, res: Response): Promise<void> {
  const { recentProbes, routePrefix } = context;
  res.vary("Accept");
  const form = req.accepts("text/plain", "text/html", "application/json");
  if (form === "text/html") return sendHtml(context, req, res);
  if (form === "application/json") return sendJson(req, res, probeList(recentProbes, null));
  res.type("text/plain");
  const lines = recentProbes.list().map((probe) => lineOf(routePrefix, probe));
  return sendText(req, res, lines.join(""));
}

async function sendHtml(context: RouteContext, req: Request, res: Response): Promise<void> {
  const { recentProbes, routePrefix, showsPage, clock } = context;
  if (showsPage) {
    const data = probeList(recentProbes, null);
    return sendView(context, { kind: "probes", data, at: rfc3339(clock.now()) }, req, res);
  }
  res.type("html");
  const home = `<a href="${escapeHtml(`${routePrefix}/`)}">heartbeat-exporter</a>`;
  await sendText(
    req,
    res,
    `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Recent probes</title></head>
<body>
<p>${home}</p>
<h1>Recent probes</h1>
${probesTable(recentProbes.list(), routePrefix)}
</body>
</html>
`,
  );
}

function lineOf(routePrefix: string, { target, module, result }: PastProbe): string {
  const { id, endedAt, outcome, duration } = result;
  const verdict = outcome.ok ? "success" : `${outcome.reason}: ${outcome.detail}`;
  const cells = [
    `${routePrefix}/logs?id=${id}`,
    rfc3339(endedAt),
    target,
    module.name,
    `${duration.toFixed(3)}s`,
    verdict,
  ];
  return `${visible(cells.join("  "))}\n`;
}
