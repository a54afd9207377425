import { createHash } from "node:crypto";
import type { Request, Response } from "express";
import { MODES, policyFacts } from "../../core/status.ts";
import type { Target } from "../../core/target.ts";
import { DURATION_FORM, parseDuration, rfc3339 } from "../../core/units.ts";
import type { FailoverCommand } from "../../failover/driver.ts";
import { chooseTarget } from "../choose.ts";
import { leaderFacts } from "../leader.ts";
import { refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

/**
 * `GET /config/mode`: the mode that applications should work in, with the policy for fallback. Carries an `ETag`, so that
 * frequent polling costs little (`If-None-Match`, 304).
 */
export const modeRoute =
  (context: RouteContext) =>
  (req: Request, res: Response): void => {
    const target = chooseTarget(context, req, res);
    if (target === undefined) return;
    const body = modeOf(context, target);
    const etag = `"${createHash("sha256").update(JSON.stringify(body)).digest("base64url").slice(0, 22)}"`;
    res.set("ETag", etag).set("Cache-Control", "no-cache");
    // Express would ignore the tag of a request with no-cache, which fetch adds to every request with If-None-Match.
    if (req.get("If-None-Match")?.includes(etag) === true) res.status(304).end();
    else res.json(body);
  };

/** `POST /config/failover`: switches to fallback, until enough results demand recovery. */
export const failoverRoute = (context: RouteContext) => commandRoute(context, () => ({ kind: "failover" }));

/** `POST /config/recovery`: switches to primary, until enough results demand failover. */
export const recoveryRoute = (context: RouteContext) => commandRoute(context, () => ({ kind: "recovery" }));

/** `POST /config/force/{primary|fallback|auto}[?for=10m]`: forces a mode, whatever the results; `auto` ends that. */
export const forceRoute = (context: RouteContext) =>
  commandRoute(context, (req, res) => {
    const wanted = String(req.params["mode"]);
    const query = queryOf(req);
    if (wanted === "auto") return { kind: "auto" };
    const mode = MODES.find((mode) => mode === wanted);
    if (mode === undefined) {
      refuseJson(res, 404, `mode: got ${JSON.stringify(wanted)}, want primary, fallback or auto`);
      return undefined;
    }
    const text = query.get("for");
    if (text === null) return { kind: "force", mode };
    const lasting = parseDuration(text);
    if (lasting === undefined || lasting <= 0) {
      refuseJson(res, 400, `for: got ${JSON.stringify(text)}, want ${DURATION_FORM}`);
      return undefined;
    }
    return { kind: "force", mode, lasting };
  });

/** @param read parses the command of a request; if it cannot, answers and returns `undefined` */
const commandRoute =
  (context: RouteContext, read: (req: Request, res: Response) => FailoverCommand | undefined) =>
  (req: Request, res: Response): void => {
    const command = read(req, res);
    const target = command === undefined ? undefined : chooseTarget(context, req, res);
    if (command === undefined || target === undefined) return;
    if (target.failover === undefined) {
      return refuseJson(
        res,
        409,
        `target ${target.name} has no failover: set ${context.config().settingName("failover")}`,
      );
    }
    context.command(target, command);
    context.log.warn({ target: target.name, ...command, from: req.ip }, "mode changed by an operator");
    res.json(modeOf(context, target));
  };

/** Returns the JSON of `/config/mode` for a target. `stale`: the mode is the last known one, and nothing confirms it now. */
export function modeOf(context: Pick<RouteContext, "condition" | "leader" | "otherLeader">, target: Target) {
  const { state, stale, skip } = context.condition(target);
  const { mode, modeSince, forced } = state;
  return {
    target: target.name,
    current_mode: mode,
    in_fallback_mode: mode === "fallback",
    mode_since: rfc3339(modeSince),
    forced: forced !== undefined,
    forced_until: forced?.until === undefined ? null : rfc3339(forced.until),
    stale,
    skipped: skip?.reason ?? null,
    ...leaderFacts(context),
    failover: policyFacts(target.failover),
  };
}
