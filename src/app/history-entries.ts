import { defined } from "../core/defined.ts";
import type { EventFacts, PastResult } from "../core/history.ts";
import { totalTokens } from "../core/money.ts";
import type { Result } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import { after, type Timestamp } from "../core/units.ts";
import type { FailoverCommand } from "../failover/driver.ts";
import type { FailoverEffect } from "../failover/machine.ts";
import type { PushEffect } from "../heartbeats/machine.ts";

/** What history keeps of a result. */
export function toHistoryEntry(target: Target, result: Result, dollars: number | undefined): PastResult {
  const { startedAt, duration, outcome, facts, spent } = result;
  return {
    target: target.name,
    module: target.module.name,
    startedAt,
    duration,
    ...(outcome.ok ? {} : { reason: outcome.reason }),
    ...(spent === undefined ? {} : { tokens: totalTokens(spent.tokens) }),
    ...defined({ firstToken: facts?.firstToken, dollars }),
  };
}

/** What history keeps of a change of a target's state. */
export function toHistoryEvent({ name: subject }: Target, effect: FailoverEffect): EventFacts | undefined {
  const { at } = effect;
  switch (effect.kind) {
    case "mode":
      return { kind: "mode", at, subject, from: effect.from, to: effect.to, cause: effect.cause };
    case "health":
      return { kind: "health", at, subject, from: effect.from, to: effect.to };
    case "force_ended":
      return { kind: "force_ended", at, subject };
    case "overdue":
      return { kind: "overdue", at, subject };
    case "misconfigured":
      return undefined;
  }
}

/** The machine tells of modes that change; that one is held, changed or not, is told here. */
export function forcedEvent(
  { name: subject }: Target,
  command: FailoverCommand,
  at: Timestamp,
): EventFacts | undefined {
  if (command.kind !== "force") return undefined;
  const { mode: to, lasting } = command;
  return { kind: "forced", at, subject, to, ...(lasting === undefined ? {} : { until: after(at, lasting) }) };
}

/** A heartbeat by push that stayed away or came again; `at` is the wall clock's, which the effect's time is not. */
export function heartbeatEvent(subject: string, effect: PushEffect, at: Timestamp): EventFacts {
  const about = { kind: "heartbeat", at, subject, source: "push" } as const;
  return effect.kind === "online"
    ? { ...about, from: "down", to: "up" }
    : { ...about, from: "up", to: "down", cause: effect.cause };
}
