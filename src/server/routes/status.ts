import type { Request, Response } from "express";
import type { Skip } from "../../core/result.ts";
import { policyFacts } from "../../core/status.ts";
import type { Target } from "../../core/target.ts";
import { elapsed, formatDuration, rfc3339, type Seconds, seconds, type Timestamp } from "../../core/units.ts";
import { chooseTarget } from "../choose.ts";
import { leaderFacts } from "../leader.ts";
import { refuseJson } from "../refuse.ts";
import type { RouteContext, TargetCondition } from "../route-context.ts";

/** Value of the key `service`, by which consumers identify the exporter. */
const SERVICE = "context-api-heartbeat";

/** `GET /health`: 200 if the target is healthy, else 503; for load balancers and scripts. */
export const healthRoute =
  (context: RouteContext) =>
  (req: Request, res: Response): void => {
    const target = chooseTarget(context, req, res);
    if (target === undefined) return;
    const { state, stale, skip } = context.condition(target);
    const health = stale ? "unknown" : state.health;
    const healthy = health === "healthy";
    res.status(healthy ? 200 : 503).json({
      status: healthy ? "ok" : health,
      timestamp: rfc3339(context.clock.now()),
      service: SERVICE,
      healthy,
      mode: state.mode,
      target: target.name,
      stale,
      skipped: skip?.reason ?? null,
      ...leaderFacts(context),
    });
  };

/** `GET /status`: the state of the target, and its mode. */
export const statusRoute =
  (context: RouteContext) =>
  (req: Request, res: Response): void => {
    const target = chooseTarget(context, req, res);
    if (target === undefined) return;
    res.json(statusOf(context, target));
  };

/** `GET /heartbeat/status`: the part of `/status` about probes. */
export const heartbeatStatusRoute =
  (context: RouteContext) =>
  (req: Request, res: Response): void => {
    const target = chooseTarget(context, req, res);
    if (target === undefined) return;
    const { heartbeat, ...about } = statusOf(context, target);
    const { config: _mode, ...facts } = about;
    res.json({ ...facts, ...heartbeat });
  };

/** `GET /heartbeat/config`: how the target is probed, and when it fails over. */
export const heartbeatConfigRoute =
  (context: RouteContext) =>
  (req: Request, res: Response): void => {
    const target = chooseTarget(context, req, res);
    if (target === undefined) return;
    const { thresholds, interval, module, schedule } = target;
    const condition = context.condition(target);
    res.json({
      timestamp: rfc3339(context.clock.now()),
      service: SERVICE,
      target: target.name,
      ...leaderFacts(context),
      stale: condition.stale,
      skipped: condition.skip?.reason ?? null,
      ...modeFacts(condition, context.clock.now()),
      heartbeat: {
        module: module.name,
        schedule,
        check_interval: formatDuration(interval),
        timeout: module.timeout === undefined ? null : formatDuration(module.timeout),
        failure_threshold: thresholds.failures,
        healthy_threshold: thresholds.successes,
        min_dwell: formatDuration(thresholds.minDwell),
        ignore_reasons: [...thresholds.ignoreReasons],
      },
      failover: policyFacts(target.failover),
    });
  };

/**
 * `POST /heartbeat/trigger`: probes now, even if the latest result is fresh, and answers with the outcome and the new
 * status; 429 if the budget is exhausted, 409 if another replica leads.
 */
export const triggerRoute =
  (context: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const target = chooseTarget(context, req, res);
    if (target === undefined) return;
    const probed = await context.ask.forced(target);
    if (!("result" in probed)) {
      const wait = probed.until === undefined ? undefined : elapsed(context.clock.now(), probed.until);
      if (wait !== undefined) res.set("Retry-After", String(Math.max(1, Math.ceil(wait))));
      return refuseJson(res, STATUS_OF_SKIP[probed.reason], `${probed.reason}: ${probed.detail}`);
    }
    const { result } = probed;
    const { outcome } = result;
    const outcomeFacts = outcome.ok
      ? { success: true }
      : { success: false, reason: outcome.reason, detail: outcome.detail };
    res.json({
      ...statusOf(context, target),
      result: { ...outcomeFacts, duration_seconds: result.duration },
    });
  };

const STATUS_OF_SKIP = { budget_exhausted: 429, not_leader: 409 } as const satisfies Record<
  Skip["reason"],
  number
>;

function statusOf(context: RouteContext, target: Target) {
  const now = context.clock.now();
  const condition = context.condition(target);
  const { skip } = condition;
  return {
    timestamp: rfc3339(now),
    service: SERVICE,
    target: target.name,
    ...leaderFacts(context),
    status: condition.status,
    stale: condition.stale,
    degraded: condition.degraded ?? null,
    blocked_by: context.blockedBy("target", target.name) ?? null,
    heartbeat: { ...heartbeatFacts(condition), ...(skip === undefined ? {} : skipFacts(skip)) },
    config: modeFacts(condition, now),
  };
}

function heartbeatFacts({ state, stale, latest }: TargetCondition) {
  return {
    is_healthy: state.health === "healthy" && !stale,
    current_mode: state.mode,
    consecutive_failures: state.consecutiveFailures,
    consecutive_successes: state.consecutiveSuccesses,
    last_health_check: orNull(state.lastProbeAt),
    // Other services than models are available if their last probe succeeded.
    model_available: !stale && (state.modelAvailable ?? latest?.result.outcome.ok ?? false),
    last_success: orNull(state.lastSuccessAt),
    last_failure_reason:
      latest === undefined || latest.result.outcome.ok ? null : latest.result.outcome.reason,
    skipped: null,
  };
}

/** Why no probes are sent: the other facts are then not updated. */
const skipFacts = ({ reason, until }: Skip) => ({ skipped: reason, skipped_until: orNull(until) });

function modeFacts({ state }: TargetCondition, now: Timestamp) {
  const { mode, modeSince, triggered, forced, overdue } = state;
  const inFallback = mode === "fallback";
  return {
    current_mode: mode,
    failover_count: triggered,
    in_fallback_mode: inFallback,
    fallback_duration: formatDuration(inFallback ? wholeSeconds(elapsed(modeSince, now)) : seconds(0)),
    mode_since: rfc3339(modeSince),
    forced: forced !== undefined,
    overdue,
  };
}

const orNull = (at: Timestamp | undefined): string | null => (at === undefined ? null : rfc3339(at));
const wholeSeconds = (length: Seconds): Seconds => seconds(Math.max(0, Math.floor(length)));
