import type { Request, Response } from "express";
import type { UnhealthyWhen } from "../../core/group.ts";
import type { Outcome } from "../../core/prober.ts";
import { redactAddress } from "../../core/secret.ts";
import type { Target } from "../../core/target.ts";
import { rfc3339, type Timestamp } from "../../core/units.ts";
import type { GroupReading, MemberReading } from "../../groups/groups.ts";
import { sendJson } from "../compress.ts";
import { leaderFacts } from "../leader.ts";
import type { RouteContext } from "../route-context.ts";

/** `GET /api/v1/targets`: the configured targets with their states. Probes nothing. */
export const targetsRoute =
  (context: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const targets = [...context.config().targets.values()].map((target) => targetFacts(context, target));
    await sendJson(req, res, { ...leaderFacts(context), targets });
  };

/** `GET /api/v1/groups`: the groups with their status and members. */
export const groupsRoute =
  ({ health }: RouteContext) =>
  (req: Request, res: Response): Promise<void> =>
    sendJson(req, res, { groups: health.groups().map(groupFacts) });

function targetFacts({ condition, tiers, blockedBy }: RouteContext, target: Target) {
  const { state: failover, status, stale, degraded, skip, latest: aged } = condition(target);
  const latest = aged?.result;
  return {
    name: target.name,
    module: target.module.name,
    kind: target.module.prober.kind,
    address: redactAddress(target.address),
    critical: target.critical,
    labels: target.labels,
    schedule: target.schedule,
    interval_seconds: target.interval,
    status,
    stale,
    degraded: degraded ?? null,
    skipped: skip?.reason ?? null,
    depends_on: (target.dependsOn ?? []).map(({ name }) => name),
    blocked_by: blockedBy("target", target.name) ?? null,
    mode: target.failover === undefined ? null : failover.mode,
    consecutive_failures: failover.consecutiveFailures,
    consecutive_successes: failover.consecutiveSuccesses,
    last_probe: timeOf(failover.lastProbeAt),
    last_success: timeOf(failover.lastSuccessAt),
    last_duration_seconds: latest?.duration ?? null,
    last_failure_reason: latest === undefined || latest.outcome.ok ? null : latest.outcome.reason,
    response_model: latest?.facts?.model ?? null,
    served_by: latest?.facts?.servedBy ?? null,
    // Another replica checks them, so that those of this one are old.
    tiers: skip?.reason === "not_leader" ? {} : tierFacts(tiers(target)),
  };
}

const tierFacts = (outcomes: ReadonlyMap<string, Outcome>) =>
  Object.fromEntries(
    Array.from(outcomes, ([name, outcome]) => [
      name,
      { success: outcome.ok, reason: outcome.ok ? null : outcome.reason },
    ]),
  );

const groupFacts = ({ group, status, members }: GroupReading) => ({
  name: group.name,
  description: group.description ?? null,
  labels: group.labels,
  status,
  unhealthy_when: ruleOf(group.unhealthyWhen),
  members: members.map(memberFacts),
});

const memberFacts = ({ name, kind, critical, reading }: MemberReading) => ({
  name,
  kind,
  critical,
  status: reading.status,
  last_seen: timeOf(reading.at),
  message: reading.message,
});

/** Returns the rule in the form of the configuration. */
function ruleOf(rule: UnhealthyWhen) {
  switch (rule.kind) {
    case "critical":
      return "critical";
    case "count":
      return rule.count === 1 ? "any" : { count: rule.count };
    case "ratio":
      return { ratio: rule.ratio };
  }
}

const timeOf = (at: Timestamp | undefined): string | null => (at === undefined ? null : rfc3339(at));
