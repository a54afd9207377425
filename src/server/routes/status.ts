import type { Request, Response } from "express";
import { defined } from "../../core/defined.ts";
import type { AgedResult, Skip } from "../../core/result.ts";
import { policyFacts, targetStatus } from "../../core/status.ts";
import type { Target } from "../../core/target.ts";
import { elapsed, formatDuration, rfc3339, type Seconds, seconds, type Timestamp } from "../../core/units.ts";
import type { FailoverState } from "../../failover/machine.ts";
import { chooseTarget } from "../choose.ts";
import type { RouteContext } from "../deps.ts";
import { refuseJson } from "../refuse.ts";

/** The name under which consumers of these routes know the service. */
const SERVICE = "context-api-heartbeat";

/** `/health`: one look for load balancers and scripts: 200 while the target is healthy, else 503. */
export const healthRoute =
  (deps: RouteContext) =>
  (req: Request, res: Response): void => {
    const target = chooseTarget(deps, req, res);
    if (target === undefined) return;
    const { health, mode } = deps.state(target);
    const healthy = health === "healthy";
    res.status(healthy ? 200 : 503).json({
      status: healthy ? "ok" : health,
      timestamp: rfc3339(deps.clock.now()),
      service: SERVICE,
      healthy,
      mode,
      target: target.name,
    });
  };

/** `/status`: what is known of the target, and its mode. */
export const statusRoute =
  (deps: RouteContext) =>
  (req: Request, res: Response): void => {
    const target = chooseTarget(deps, req, res);
    if (target === undefined) return;
    res.json(statusOf(deps, target));
  };

/** `/heartbeat/status`: the half of `/status` that is about the probes. */
export const heartbeatStatusRoute =
  (deps: RouteContext) =>
  (req: Request, res: Response): void => {
    const target = chooseTarget(deps, req, res);
    if (target === undefined) return;
    const { heartbeat, ...about } = statusOf(deps, target);
    const { config: _mode, ...facts } = about;
    res.json({ ...facts, ...heartbeat });
  };

/** `/heartbeat/config`: how the target is probed and when it fails over. */
export const heartbeatConfigRoute =
  (deps: RouteContext) =>
  (req: Request, res: Response): void => {
    const target = chooseTarget(deps, req, res);
    if (target === undefined) return;
    const { thresholds, interval, module, schedule } = target;
    res.json({
      timestamp: rfc3339(deps.clock.now()),
      service: SERVICE,
      target: target.name,
      ...modeFacts(deps.state(target), deps.clock.now()),
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
 * `POST /heartbeat/trigger`: probes now, whatever is known, and answers with the outcome and the status after it; 429
 * when there is no money left for it, 409 when another replica sends the prompts.
 */
export const triggerRoute =
  (deps: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const target = chooseTarget(deps, req, res);
    if (target === undefined) return;
    const probed = await deps.ask.forced(target);
    if (!("result" in probed)) {
      const wait = probed.until === undefined ? undefined : elapsed(deps.clock.now(), probed.until);
      if (wait !== undefined) res.set("Retry-After", String(Math.max(1, Math.ceil(wait))));
      return refuseJson(res, STATUS_OF_SKIP[probed.reason], `${probed.reason}: ${probed.detail}`);
    }
    const { result } = probed;
    const { outcome } = result;
    const verdict = outcome.ok
      ? { success: true }
      : { success: false, reason: outcome.reason, detail: outcome.detail };
    res.json({ ...statusOf(deps, target), result: { ...verdict, duration_seconds: result.duration } });
  };

const STATUS_OF_SKIP = { budget_exhausted: 429, not_leader: 409 } as const satisfies Record<
  Skip["reason"],
  number
>;

function statusOf({ clock, state, ask, leads }: RouteContext, target: Target) {
  const leader = leads();
  const now = clock.now();
  const known = state(target);
  const latest = ask.latest(target);
  const skip = ask.skip(target);
  return {
    timestamp: rfc3339(now),
    service: SERVICE,
    target: target.name,
    ...defined({ leader }),
    status: targetStatus(target, known.health, latest?.result),
    heartbeat: { ...heartbeatFacts(known, latest), ...(skip === undefined ? {} : skipFacts(skip)) },
    config: modeFacts(known, now),
  };
}

function heartbeatFacts(state: FailoverState, latest: AgedResult | undefined) {
  return {
    is_healthy: state.health === "healthy",
    current_mode: state.mode,
    consecutive_failures: state.consecutiveFailures,
    consecutive_successes: state.consecutiveSuccesses,
    last_health_check: orNull(state.lastProbeAt),
    // A service that is no model is available when its last probe succeeded.
    model_available: state.modelAvailable ?? latest?.result.outcome.ok ?? false,
    last_success: orNull(state.lastSuccessAt),
    last_failure_reason:
      latest === undefined || latest.result.outcome.ok ? null : latest.result.outcome.reason,
  };
}

/** Only while probes are skipped: who reads the rest must know that nothing newer comes. */
const skipFacts = ({ reason, until }: Skip) => ({ skipped: reason, skipped_until: orNull(until) });

function modeFacts({ mode, modeSince, triggered, forced, overdue }: FailoverState, now: Timestamp) {
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
