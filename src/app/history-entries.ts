import { defined } from "../core/defined.ts";
import type { EventFacts, PastResult } from "../core/history.ts";
import { totalTokens } from "../core/money.ts";
import type { FailureReason } from "../core/reasons.ts";
import type { Result } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import { after, type Timestamp } from "../core/units.ts";
import type { FailoverCommand } from "../failover/driver.ts";
import type { FailoverEffect } from "../failover/machine.ts";
import type { PushEffect } from "../heartbeats/push-state.ts";

/** Converts a result into its entry in the history. */
export function toHistoryEntry(target: Target, result: Result, dollars: number | undefined): PastResult {
  const { startedAt, duration, outcome, facts, phases, spent } = result;
  return {
    target: target.name,
    module: target.module.name,
    startedAt,
    duration,
    ...(outcome.ok ? {} : { reason: outcome.reason }),
    ...(spent === undefined ? {} : { tokens: totalTokens(spent.tokens) }),
    ...defined({
      firstToken: facts?.firstToken,
      tokensPerSecond: facts?.tokensPerSecond,
      phases,
      dollars,
    }),
  };
}

/** Converts a change of a target's state into an event of the history; `undefined` for one that only the log reports. */
export function toHistoryEvent(
  { name: subject }: Target,
  effect: FailoverEffect,
  reason?: FailureReason,
): EventFacts | undefined {
  const { at } = effect;
  const detail = isForWorse(effect) ? reason : undefined;
  switch (effect.kind) {
    case "mode":
      return {
        kind: "mode",
        at,
        subject,
        from: effect.from,
        to: effect.to,
        cause: effect.cause,
        ...defined({ detail }),
      };
    case "health":
      return { kind: "health", at, subject, from: effect.from, to: effect.to, ...defined({ detail }) };
    case "force_ended":
      return { kind: "force_ended", at, subject };
    case "overdue":
      return { kind: "overdue", at, subject, ...defined({ detail }) };
    case "misconfigured":
      return undefined;
  }
}

/** Reports whether failed probes caused a change: the reason of the last one explains it. */
export function isForWorse(effect: FailoverEffect): boolean {
  switch (effect.kind) {
    case "mode":
      return effect.to === "fallback" && effect.cause === "threshold";
    case "health":
      return effect.to === "unhealthy";
    case "overdue":
      return true;
    case "force_ended":
    case "misconfigured":
      return false;
  }
}

/** Returns the event of a forced mode. The failover machine reports only changes of the mode, so forcing the current one has no effect there. */
export function forcedEvent(
  { name: subject }: Target,
  command: FailoverCommand,
  at: Timestamp,
): EventFacts | undefined {
  if (command.kind !== "force") return undefined;
  const { mode: to, lasting } = command;
  return { kind: "forced", at, subject, to, ...(lasting === undefined ? {} : { until: after(at, lasting) }) };
}

/**
 * Converts a notice of a push heartbeat into an event of the history.
 * @param at by the wall clock; the time of the effect is by the steady clock
 */
export function heartbeatEvent(
  subject: string,
  effect: PushEffect,
  at: Timestamp,
  exitStatus?: number,
): EventFacts {
  const detail = exitStatus === undefined ? undefined : `exit status ${exitStatus}`;
  const about = { kind: "heartbeat", at, subject, source: "push" } as const;
  return effect.kind === "online"
    ? { ...about, from: "down", to: "up" }
    : { ...about, from: "up", to: "down", cause: effect.cause, ...defined({ detail }) };
}
