import { createHash } from "node:crypto";
import type { Request, Response } from "express";
import { MODES, policyFacts } from "../../core/status.ts";
import type { Target } from "../../core/target.ts";
import { DURATION_FORM, parseDuration, rfc3339 } from "../../core/units.ts";
import type { FailoverCommand } from "../../failover/driver.ts";
import { chooseTarget } from "../choose.ts";
import type { RouteContext } from "../deps.ts";
import { refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";

/**
 * `/config/mode`: the mode an application is to work in, with what to do in fallback. Carries an `ETag` that changes with
 * the answer, so that asking often costs little (`If-None-Match`, 304).
 */
export const modeRoute =
  (deps: RouteContext) =>
  (req: Request, res: Response): void => {
    const target = chooseTarget(deps, req, res);
    if (target === undefined) return;
    const body = modeOf(deps, target);
    const etag = `"${createHash("sha256").update(JSON.stringify(body)).digest("base64url").slice(0, 22)}"`;
    res.set("ETag", etag).set("Cache-Control", "no-cache");
    // Not left to express: it ignores the tag when the request says no-cache, as fetch does whenever it sends one.
    if (req.get("If-None-Match")?.includes(etag) === true) res.status(304).end();
    else res.json(body);
  };

/** `POST /config/failover` and `/config/recovery`: changes the mode until the results say otherwise. */
export const changeRoute = (deps: RouteContext, kind: "failover" | "recovery") =>
  commandRoute(deps, () => ({ kind }));

/** `POST /config/force/{primary|fallback|auto}[?for=10m]`: holds a mode whatever the results say, or lets go of it. */
export const forceRoute = (deps: RouteContext) =>
  commandRoute(deps, (req, res) => {
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

/** @param read makes the command of the request, or answers it and returns nothing */
const commandRoute =
  (deps: RouteContext, read: (req: Request, res: Response) => FailoverCommand | undefined) =>
  (req: Request, res: Response): void => {
    const command = read(req, res);
    const target = command === undefined ? undefined : chooseTarget(deps, req, res);
    if (command === undefined || target === undefined) return;
    if (target.failover === undefined) {
      return refuseJson(
        res,
        409,
        `target ${target.name} has no failover: give it a failover section in the configuration`,
      );
    }
    deps.command(target, command);
    deps.log.warn({ target: target.name, ...command, from: req.ip }, "mode changed by hand");
    res.json(modeOf(deps, target));
  };

/** What `/config/mode` says of a target. */
export function modeOf({ state }: Pick<RouteContext, "state">, target: Target) {
  const { mode, modeSince, forced } = state(target);
  return {
    target: target.name,
    current_mode: mode,
    in_fallback_mode: mode === "fallback",
    mode_since: rfc3339(modeSince),
    forced: forced !== undefined,
    forced_until: forced?.until === undefined ? null : rfc3339(forced.until),
    failover: policyFacts(target.failover),
  };
}
