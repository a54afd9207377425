import type { Request, Response } from "express";
import { DURATION_FORM, parseDuration, rfc3339 } from "../../core/units.ts";
import type { ManualRequest } from "../../maintenance/maintenance.ts";
import type { ManualWindow } from "../../maintenance/manual.ts";
import { refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

/** `GET /api/v1/maintenance`: all windows, configured and manual. */
export const maintenanceRoute =
  ({ maintenance }: RouteContext) =>
  (_req: Request, res: Response): void => {
    const { windows, manual } = maintenance.list();
    res.json({
      windows: windows.map(({ name, targets, heartbeats, groups, open, until }) => ({
        name,
        targets,
        heartbeats,
        groups,
        open,
        until: until === undefined ? null : rfc3339(until),
      })),
      manual: manual.map(manualJson),
    });
  };

/** Longest manual window, in seconds. Longer ones belong into the configuration, where other operators see them. */
const LONGEST_MANUAL = 30 * 86_400;

/** `POST /api/v1/maintenance?for=1h&target=NAME` (or `heartbeat`, or `group`): starts a manual window. */
export const startMaintenanceRoute =
  (context: RouteContext) =>
  (req: Request, res: Response): void => {
    const query = queryOf(req);
    const lasting = parseDuration(query.get("for") ?? "");
    if (lasting === undefined || lasting <= 0 || lasting > LONGEST_MANUAL) {
      return refuseJson(
        res,
        400,
        `for: got ${JSON.stringify(query.get("for"))}, want ${DURATION_FORM}, at most 30d`,
      );
    }
    const named = KINDS.flatMap((kind) => {
      const name = query.get(kind);
      return name === null ? [] : [{ kind, name }];
    });
    const [one] = named;
    if (one === undefined || named.length > 1) {
      return refuseJson(res, 400, "want exactly one of ?target=, ?heartbeat= and ?group=");
    }
    if (!isKnown(context, one)) {
      return refuseJson(
        res,
        404,
        `${one.kind}: got ${JSON.stringify(one.name)}, want the name of a ${one.kind}`,
      );
    }
    const window = context.maintenance.start({ ...one, lasting });
    if (window === undefined) return refuseJson(res, 409, "too many manual windows; end one first");
    context.log.warn(
      { ...one, until: rfc3339(window.until), from: req.ip },
      "maintenance started by an operator",
    );
    res.status(201).json(manualJson(window));
  };

/** `DELETE /api/v1/maintenance/{id}`: ends a manual window. */
export const endMaintenanceRoute =
  ({ maintenance, log }: RouteContext) =>
  (req: Request, res: Response): void => {
    const id = String(req.params["id"]);
    if (!maintenance.end(id)) {
      return refuseJson(res, 404, `id: got ${JSON.stringify(id)}, want the id of a manual window`);
    }
    log.warn({ id, from: req.ip }, "maintenance ended by an operator");
    res.json({ ended: id });
  };

const KINDS = ["target", "heartbeat", "group"] as const satisfies readonly ManualRequest["kind"][];

function isKnown(
  { config, pushes, probedHeartbeats }: RouteContext,
  { kind, name }: Pick<ManualRequest, "kind" | "name">,
): boolean {
  switch (kind) {
    case "target":
      return config().targets.has(name);
    case "group":
      return config().groups.has(name);
    case "heartbeat":
      return pushes.has(name) || probedHeartbeats().some(({ beat }) => beat.heartbeat === name);
  }
}

const manualJson = ({ id, from, until, targets, heartbeats, groups }: ManualWindow) => ({
  id,
  from: rfc3339(from),
  until: rfc3339(until),
  targets,
  heartbeats,
  groups,
});
