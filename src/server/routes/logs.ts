import type { Request, Response } from "express";
import { visible } from "../../core/escape.ts";
import { rfc3339, seconds } from "../../core/units.ts";
import type { PastProbe } from "../../engine/recent-probes.ts";
import { debugText } from "../debug-text.ts";
import { refuse } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

/**
 * `GET /logs[?id=|?target=]`: the log of a recent probe, as `debug=true` would have shown it: of that with this number, or of
 * the last failed one of a target, else its last one. Without a query, the list of recent probes.
 */
export const logsRoute =
  (context: RouteContext) =>
  (req: Request, res: Response): void => {
    const { recentProbes, metrics } = context;
    const query = queryOf(req);
    const [id, target] = [query.get("id"), query.get("target")];
    if (id === null && target === null)
      return void res.type("text/plain").send(recentProbes.list().map(lineOf).join(""));
    const probe = id === null ? ofTarget(context, target ?? "") : withId(context, id);
    if (probe === undefined) {
      const wanted =
        id === null
          ? `target: got ${JSON.stringify(target)}, want a target with a recent probe`
          : `id: got ${JSON.stringify(id)}, want the id of a recent probe`;
      return refuse(res, 404, `${wanted}; /logs lists them`);
    }
    const { result, module } = probe;
    // It quotes what targets say, which browsers must not take for a page.
    res.set("X-Content-Type-Options", "nosniff");
    res.type("text/plain").send(debugText(result, module, metrics.result({ result, age: seconds(0) })));
  };

const withId = ({ recentProbes }: RouteContext, id: string): PastProbe | undefined =>
  /^\d{1,15}$/.test(id) ? recentProbes.find(Number(id)) : undefined;

function ofTarget({ recentProbes }: RouteContext, target: string): PastProbe | undefined {
  const own = recentProbes.list().filter((probe) => probe.target === target);
  return own.find(({ result }) => !result.outcome.ok) ?? own[0];
}

function lineOf({ target, module, result }: PastProbe): string {
  const { id, endedAt, outcome, duration } = result;
  const verdict = outcome.ok ? "success" : `${outcome.reason}: ${outcome.detail}`;
  const cells = [id, rfc3339(endedAt), target, module.name, `${duration.toFixed(3)}s`, verdict];
  return `${visible(cells.join("  "))}\n`;
}
