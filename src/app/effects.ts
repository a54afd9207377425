import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { History } from "../core/history.ts";
import type { Log } from "../core/log.ts";
import type { FailureReason } from "../core/reasons.ts";
import type { Target } from "../core/target.ts";
import type { FailoverEffect, FailoverState } from "../failover/machine.ts";
import type { Announcer } from "../heartbeats/announce.ts";
import type { PushEffect } from "../heartbeats/push-state.ts";
import type { PushView } from "../heartbeats/view.ts";
import { heartbeatEvent, isForWorse, toHistoryEvent } from "./history-entries.ts";

/** Records effects of the failover machine in the log and the history. */
export function failoverRecorder(
  log: Log,
  history: History,
): (target: Target, effect: FailoverEffect, state: Pick<FailoverState, "lastFailure">) => void {
  return (target, effect, { lastFailure }) => {
    logEffect(log, target, effect, lastFailure?.reason);
    const event = toHistoryEvent(target, effect, lastFailure?.reason);
    if (event !== undefined) history.record(event);
  };
}

/** Records notices of push heartbeats in the log and the history. */
export function pushRecorder(
  announcer: Announcer,
  history: History,
  clock: Clock,
): (push: PushView, effect: PushEffect) => void {
  return (push, effect) => {
    announcer.effect(push, effect);
    history.record(heartbeatEvent(push.heartbeat.name, effect, clock.now(), push.exitStatus));
  };
}

function logEffect(
  log: Log,
  { name }: Target,
  effect: FailoverEffect,
  lastReason: FailureReason | undefined,
): void {
  const reason = defined({ reason: isForWorse(effect) ? lastReason : undefined });
  switch (effect.kind) {
    case "mode":
      log.warn(
        { target: name, from: effect.from, to: effect.to, cause: effect.cause, ...reason },
        "mode changed",
      );
      break;
    case "health":
      // A change of the status as well, which is logged with its reason.
      break;
    case "misconfigured":
      log.warn(
        { target: name, reason: effect.reason },
        "the target refuses the requests of this configuration, which has never succeeded: failures are not counted",
      );
      break;
    case "force_ended":
      log.info({ target: name }, "mode is no longer forced");
      break;
    case "overdue":
      log.warn(
        { target: name, since: effect.since, ...reason },
        "fallback lasts longer than its longest duration",
      );
      break;
  }
}
