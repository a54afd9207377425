import type { Config } from "../config/config.ts";
import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import { isUp } from "../core/heartbeat.ts";
import type { Log } from "../core/log.ts";
import type { Memory } from "../core/memory.ts";
import type { Presence } from "../core/presence.ts";
import type { Target } from "../core/target.ts";
import type { Asker } from "../engine/ask.ts";
import type { PushEffect } from "../heartbeats/push-state.ts";
import type { PushView } from "../heartbeats/view.ts";
import type { Maintenance } from "../maintenance/maintenance.ts";
import { createSuppressedNotices } from "../maintenance/suppressed-notices.ts";
import { type Actions, createActions } from "../notify/actions/actions.ts";
import type { ObservedHealth } from "../notify/actions/attempt.ts";
import { createRelays, type Relays } from "../notify/relays/relays.ts";
import type { MachineFacts } from "../notify/relays/shapes.ts";
import type { ProbedHeartbeat } from "../server/route-context.ts";

/** Relays alerts, runs actions on them, and announces heartbeats outside maintenance. */
export interface Alerting {
  readonly relays: Relays;
  readonly actions: Actions;
  /** Actions that a restart interrupted may probe their targets at once. */
  configure(config: Config): void;
  /** Announces that a heartbeat went offline or came back; during maintenance, when the window has ended. */
  announce(push: PushView, effect: PushEffect): void;
  stop(): Promise<void>;
}

/** Dependencies of alerting. */
export interface AlertingDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: Memory;
  readonly maintenance: Maintenance;
  readonly presence: Pick<Presence, "presentFor">;
  readonly ask: Asker;
  readonly target: (name: string) => Target | undefined;
  readonly push: (name: string) => PushView | undefined;
  readonly probedHeartbeat: (name: string) => ProbedHeartbeat | undefined;
  /** Announces that a heartbeat went offline or came back. */
  readonly announce: (push: PushView, effect: PushEffect) => void;
}

/** Builds relays, actions and the notices of heartbeats. */
export function createAlerting(deps: AlertingDeps): Alerting {
  const { clock, log, memory, maintenance, ask } = deps;
  const isCovered = (kind: "target" | "heartbeat", name: string): boolean =>
    maintenance.covers({ kind, name }) === true;

  const notices = createSuppressedNotices({
    clock,
    store: memory.namespace("maintenance-held"),
    inMaintenance: (name) => isCovered("heartbeat", name),
    presentFor: () => deps.presence.presentFor(),
    release(name) {
      const push = deps.push(name);
      if (push?.status !== "offline") return;
      const { lastSeen } = push.beat;
      const cause = push.cause ?? "timeout";
      deps.announce(push, { kind: "offline", cause, at: clock.now(), ...defined({ lastSeen }) });
    },
  });

  /** Returns the health of a target, by a new probe, or of a heartbeat. */
  const observedHealth = async (name: string): Promise<ObservedHealth> => {
    const target = deps.target(name);
    if (target !== undefined) {
      const probed = await ask.forced(target);
      if (!("result" in probed)) return "unknown";
      return probed.result.outcome.ok ? "healthy" : "unhealthy";
    }
    const beat = deps.push(name)?.beat ?? deps.probedHeartbeat(name)?.beat;
    if (beat === undefined) return "absent";
    const up = isUp(beat, clock.now());
    return up === undefined ? "unknown" : up ? "healthy" : "unhealthy";
  };

  const relays = createRelays({
    clock,
    log,
    memory,
    random: Math.random,
    machineFacts: (name) => machineFacts(deps.push(name), deps.probedHeartbeat(name)),
  });
  const actions = createActions({
    clock,
    log,
    memory,
    observeHealth: observedHealth,
    configuredLabels: (name) => deps.target(name)?.labels ?? configuredLabels(deps.push(name)),
    inMaintenance: (name) => isCovered("target", name) || isCovered("heartbeat", name),
  });

  return {
    relays,
    actions,
    configure(config) {
      relays.configure(config.relays);
      actions.configure(config.actions);
    },
    announce(push, effect) {
      if (notices.admit(push.heartbeat.name, effect.kind)) deps.announce(push, effect);
    },
    async stop() {
      notices.stop();
      await Promise.all([relays.stop(), actions.stop()]);
    },
  };
}

/** Returns the labels of a configured heartbeat. A registered one chose its labels itself, and must not choose what an action does. */
function configuredLabels(push: PushView | undefined): Readonly<Record<string, string>> {
  return push === undefined || push.registered ? {} : push.heartbeat.labels;
}

/** Returns what the exporter knows about a heartbeat, for the events of relays. */
function machineFacts(
  push: PushView | undefined,
  probed: ProbedHeartbeat | undefined,
): MachineFacts | undefined {
  if (push !== undefined) {
    const { hostname, description } = push.heartbeat;
    const { lastSeen } = push.beat;
    return { id: push.id, ...defined({ hostname, description, lastSeen }) };
  }
  if (probed === undefined) return undefined;
  const { hostname } = probed.target;
  const { lastSeen } = probed.beat;
  return defined({ hostname, lastSeen });
}
