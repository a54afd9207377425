import type { Request, Response } from "express";
import { rfc3339 } from "../../core/units.ts";
import type { ActionView } from "../../notify/actions/actions.ts";
import type { AuditEntry } from "../../notify/actions/audit.ts";
import { notificationOf } from "../body.ts";
import { refuse, refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

const unknownAction = (res: Response, name: string): void =>
  refuseJson(res, 404, `action: got ${JSON.stringify(name)}, want the name of a configured action`);

/** `POST /alertmanager/actions/{name}`: runs the action for each firing alert. Answers as soon as the attempts are stored. */
export const actionRoute =
  (context: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const name = String(req.params["name"]);
    const action = context.actions.find(name);
    if (action === undefined) return unknownAction(res, name);
    const group = await notificationOf(action, "action", req, res, context);
    if (group === undefined) return;
    const intake = await context.actions.accept(name, group);
    if (intake.kind === "refused") {
      res.set("Retry-After", "10");
      return refuseJson(res, 503, intake.text);
    }
    const { accepted, refused, ignored } = intake;
    res.status(accepted.length > 0 ? 202 : 200).json({ accepted, refused, ignored });
  };

/** `GET /api/v1/actions`: the state of each action, and the latest attempts. */
export const actionsRoute =
  ({ actions }: RouteContext) =>
  (_req: Request, res: Response): void => {
    res.json({ actions: actions.list().map(actionJson), audit: actions.audit().map(auditJson) });
  };

/** `GET /api/v1/actions/{name}/runs/{number}/output`: the output of a program or server, which may contain secrets. */
export const outputRoute =
  ({ actions }: RouteContext) =>
  (req: Request, res: Response): void => {
    const entry = actions.auditEntry(Number(req.params["number"]));
    if (entry?.output === undefined || entry.action !== req.params["name"]) {
      return refuseJson(res, 404, "number: want the number of an attempt with output, see /api/v1/actions");
    }
    refuse(res, 200, entry.output);
  };

/** `POST /api/v1/actions/{name}/reset[?target=]`: resets the count of attempts. */
export const resetRoute =
  ({ actions, log }: RouteContext) =>
  (req: Request, res: Response): void => {
    const name = String(req.params["name"]);
    if (actions.find(name) === undefined) return unknownAction(res, name);
    const target = queryOf(req).get("target") ?? undefined;
    const reset = actions.reset(name, target);
    if (reset === 0 && target !== undefined) {
      return refuseJson(
        res,
        404,
        `target: got ${JSON.stringify(target)}, want a target of the action, see /api/v1/actions`,
      );
    }
    log.warn({ action: name, reset, from: req.ip }, "attempts of an action reset by an operator");
    res.json({ reset });
  };

const actionJson = ({ name, dryRun, maxAttempts, counts, targets }: ActionView) => ({
  name,
  dry_run: dryRun,
  max_attempts: maxAttempts,
  attempts: counts,
  targets: targets.map(({ target, state }) => ({
    target,
    attempts: state.count,
    firing: state.resolvedAt === undefined,
    running: state.running !== undefined || state.pending !== undefined,
    cooldown_until: state.cooldownUntil === undefined ? null : rfc3339(state.cooldownUntil),
    exhausted: state.exhausted,
  })),
});

const auditJson = (entry: AuditEntry) => ({
  number: entry.number,
  action: entry.action,
  target: entry.target,
  at: rfc3339(entry.at),
  result: entry.result,
  detail: entry.detail,
  attempt: entry.attempt ?? null,
  duration_seconds: entry.durationSeconds ?? null,
  helped: entry.helped ?? null,
  output_bytes: entry.output === undefined ? null : Buffer.byteLength(entry.output),
});
