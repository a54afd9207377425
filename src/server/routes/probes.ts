import type { Request, Response } from "express";
import type { Skip } from "../../core/result.ts";
import { elapsed, rfc3339 } from "../../core/units.ts";
import type { PastProbe } from "../../engine/recent-probes.ts";
import { sendJson } from "../compress.ts";
import { logText } from "../debug-text.ts";
import { refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

/** `GET /api/v1/probes[?target=]`: the probes whose logs are kept, the newest first. */
export const probesRoute =
  ({ recentProbes }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const target = queryOf(req).get("target");
    await sendJson(req, res, probeList(recentProbes, target));
  };

/** Returns the recent probes, or those of one target. */
export const probeList = (recentProbes: RouteContext["recentProbes"], target: string | null) => ({
  probes: recentProbes
    .list()
    .filter((probe) => target === null || probe.target === target)
    .map(probeFacts),
});

/** `GET /api/v1/probes/{id}`: a recent probe with its log. */
export const probeLogRoute =
  ({ recentProbes }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const id = String(req.params["id"]);
    const probe = /^\d{1,15}$/.test(id) ? recentProbes.find(Number(id)) : undefined;
    if (probe === undefined) {
      return refuseJson(
        res,
        404,
        `id: got ${JSON.stringify(id)}, want the id of a recent probe, see /api/v1/probes`,
      );
    }
    await sendJson(req, res, {
      ...probeFacts(probe),
      log: logText(probe.result),
      configuration: probe.module.source,
    });
  };

const probeFacts = ({ target, module, result }: PastProbe) => {
  const { id, startedAt, duration, outcome, degraded } = result;
  return {
    id,
    target,
    module: module.name,
    started_at: rfc3339(startedAt),
    ok: outcome.ok,
    reason: outcome.ok ? (degraded?.reason ?? null) : outcome.reason,
    duration_seconds: duration,
  };
};

const STATUS_OF_SKIP = { budget_exhausted: 429, not_leader: 409 } as const satisfies Record<
  Skip["reason"],
  number
>;

/**
 * `POST /api/v1/targets/{name}/probe`: probes now, even if the latest result is fresh, or joins the probe in flight. 429 if the budget
 * is exhausted, 409 if another replica leads.
 */
export const probeNowRoute =
  ({ ask, config, clock, log }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const name = String(req.params["name"]);
    const target = config().targets.get(name);
    if (target === undefined) {
      return refuseJson(res, 404, `target: got ${JSON.stringify(name)}, want the name of a target`);
    }
    log.info({ target: name, from: req.ip }, "probe asked for by an operator");
    const probed = await ask.forced(target);
    if (!("result" in probed)) {
      const wait = probed.until === undefined ? undefined : elapsed(clock.now(), probed.until);
      if (wait !== undefined) res.set("Retry-After", String(Math.max(1, Math.ceil(wait))));
      return refuseJson(res, STATUS_OF_SKIP[probed.reason], `${probed.reason}: ${probed.detail}`);
    }
    const { result } = probed;
    const { outcome } = result;
    await sendJson(req, res, {
      ...probeFacts({ target: name, module: target.module, result }),
      detail: outcome.ok ? (result.degraded?.detail ?? null) : outcome.detail,
    });
  };
