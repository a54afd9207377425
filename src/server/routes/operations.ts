import type { Request, Response } from "express";
import type { Coverage } from "../../core/maintenance.ts";
import { rfc3339, type Timestamp } from "../../core/units.ts";
import type { MaintenanceFacts, OperationsPage } from "../../page/model/operations.ts";
import { sendJson } from "../compress.ts";
import type { RouteContext } from "../route-context.ts";

/** `GET /api/v1/operations`: what an operator can end, send again or reset, and what operators have done. */
export const operationsRoute =
  (context: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    res.set("Cache-Control", "no-store");
    await sendJson(req, res, operationsOf(context));
  };

/** Returns what an operator can end, send again or reset, and what operators have done. */
export function operationsOf(context: RouteContext): OperationsPage {
  const { clock, relays, actions, controlAudit } = context;
  return {
    generated_at: rfc3339(clock.now()),
    windows: windowsOf(context),
    relays: relays.list().map(({ name, queued, dead }) => ({
      name,
      queued: queued.length,
      dead_letters: dead.length,
    })),
    actions: actions.list().map(({ name, dryRun, maxAttempts, targets }) => ({
      name,
      dry_run: dryRun,
      max_attempts: maxAttempts,
      targets: targets.map(({ target, state }) => ({
        target,
        attempts: state.count,
        firing: state.resolvedAt === undefined,
        cooldown_until: timeOf(state.cooldownUntil),
        exhausted: state.exhausted,
      })),
    })),
    audit: actions.audit().map(({ number, action, target, at, result, detail }) => ({
      number,
      action,
      target,
      at: rfc3339(at),
      result,
      detail,
    })),
    control: controlAudit
      .list()
      .map(({ at, from, ...request }) => ({ ...request, at: rfc3339(at), from: from ?? null })),
  };
}

function windowsOf({ maintenance }: RouteContext): readonly MaintenanceFacts[] {
  const { windows, manual } = maintenance.list();
  return [
    ...manual.map((window) => ({
      id: window.id,
      name: "begun by an operator",
      open: true,
      until: rfc3339(window.until),
      covers: coversOf(window),
    })),
    ...windows.map((window) => ({
      id: null,
      name: window.name,
      open: window.open,
      until: timeOf(window.until),
      covers: coversOf(window),
    })),
  ];
}

const coversOf = ({ targets, heartbeats, groups }: Coverage): readonly string[] => [
  ...targets.map((name) => `target ${name}`),
  ...heartbeats.map((name) => `heartbeat ${name}`),
  ...groups.map((name) => `group ${name}`),
];

const timeOf = (at: Timestamp | undefined): string | null => (at === undefined ? null : rfc3339(at));
