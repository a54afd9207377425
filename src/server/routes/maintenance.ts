import type { Request, Response } from "express";
import { DURATION_FORM, parseDuration, rfc3339 } from "../../core/units.ts";
import type { ManualRequest } from "../../maintenance/maintenance.ts";
import type { ManualWindow } from "../../maintenance/manual.ts";
import type { RouteContext } from "../deps.ts";
import { refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";

/** `GET /api/v1/maintenance`: all windows, configured and by hand, and whether they are open. */
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

/** No longer by hand: whoever needs more writes it into the configuration, where others see it. */
const LONGEST = 30 * 86_400;

/** `POST /api/v1/maintenance?for=1h&target=NAME` (or heartbeat, or group): begins a window now; it ends by itself. */
export const startMaintenanceRoute =
  (deps: RouteContext) =>
  (req: Request, res: Response): void => {
    const query = queryOf(req);
    const lasting = parseDuration(query.get("for") ?? "");
    if (lasting === undefined || lasting <= 0 || lasting > LONGEST) {
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
      return refuseJson(res, 400, "want one of ?target=, ?heartbeat= and ?group=");
    }
    if (!isKnown(deps, one)) {
      return refuseJson(
        res,
        404,
        `${one.kind}: got ${JSON.stringify(one.name)}, want the name of a ${one.kind}`,
      );
    }
    const window = deps.maintenance.start({ ...one, lasting });
    if (window === undefined) return refuseJson(res, 409, "there are too many windows; end some");
    deps.log.warn({ ...one, until: rfc3339(window.until), from: req.ip }, "maintenance begun by hand");
    res.status(201).json(manualJson(window));
  };

/** `DELETE /api/v1/maintenance/{id}`: ends a window that was begun by hand. */
export const endMaintenanceRoute =
  ({ maintenance, log }: RouteContext) =>
  (req: Request, res: Response): void => {
    const id = String(req.params["id"]);
    if (!maintenance.end(id)) {
      return refuseJson(res, 404, `id: got ${JSON.stringify(id)}, want that of a window begun by hand`);
    }
    log.warn({ id, from: req.ip }, "maintenance ended by hand");
    res.json({ ended: id });
  };

const KINDS = ["target", "heartbeat", "group"] as const satisfies readonly ManualRequest["kind"][];

function isKnown(
  { current, pushes, heardBeats }: RouteContext,
  { kind, name }: Pick<ManualRequest, "kind" | "name">,
): boolean {
  switch (kind) {
    case "target":
      return current().targets.has(name);
    case "group":
      return current().groups.has(name);
    case "heartbeat":
      return pushes.has(name) || heardBeats().some(({ beat }) => beat.heartbeat === name);
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
