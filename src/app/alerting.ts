import type { Config } from "../config/config.ts";
import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { Group } from "../core/group.ts";
import { type HeartbeatState, isUp } from "../core/heartbeat.ts";
import type { Log } from "../core/log.ts";
import type { Memory } from "../core/memory.ts";
import type { Target } from "../core/target.ts";
import type { Asker } from "../engine/ask.ts";
import type { PushEffect } from "../heartbeats/machine.ts";
import type { PushView } from "../heartbeats/view.ts";
import { createMaintenance, type Maintenance } from "../maintenance/maintenance.ts";
import { createSuppressedNotices } from "../maintenance/suppressed-notices.ts";
import { maintenanceText, notifyText } from "../metrics/alerts.ts";
import { type Actions, createActions } from "../notify/actions/actions.ts";
import type { ObservedHealth } from "../notify/actions/attempt.ts";
import { createRelays, type Relays } from "../notify/relays/relays.ts";
import type { MachineFacts } from "../notify/relays/shapes.ts";

/** What is done about alerts, and when nothing is. */
export interface Alerting {
  readonly relays: Relays;
  readonly actions: Actions;
  readonly maintenance: Maintenance;
  /** Before what is probed is configured: results may come at once. */
  configureMaintenance(config: Config, groups: ReadonlyMap<string, Group>): void;
  /** After it: what a restart interrupted may look at targets at once. */
  configure(config: Config): void;
  /** Whether the target is worked on, so that a result moves neither streaks nor mode. */
  isWorkedOn(target: string): boolean;
  /** Says that a heartbeat went or came back, unless it is worked on. */
  announce(push: PushView, effect: PushEffect): void;
  /** The parts of `/metrics`. */
  targetsText(targets: Iterable<Target>): string;
  selfText(): string;
  stop(): Promise<void>;
}

export interface AlertingDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: Memory;
  readonly version: string;
  readonly ask: Asker;
  readonly target: (name: string) => Target | undefined;
  readonly push: (name: string) => PushView | undefined;
  /** What probes heard of others. */
  readonly heard: (name: string) => { readonly target: Target; readonly beat: HeartbeatState } | undefined;
  /** Says that a heartbeat went offline or came back. */
  readonly announce: (push: PushView, effect: PushEffect) => void;
}

export function createAlerting(deps: AlertingDeps): Alerting {
  const { clock, log, memory, version, ask } = deps;
  const maintenance = createMaintenance(clock, memory.namespace("maintenance"));
  const covers = (kind: "target" | "heartbeat", name: string): boolean =>
    maintenance.covers({ kind, name }) === true;

  const held = createSuppressedNotices({
    clock,
    store: memory.namespace("maintenance-held"),
    inMaintenance: (name) => covers("heartbeat", name),
    release(name) {
      const push = deps.push(name);
      if (push?.status !== "offline") return;
      const { lastSeen } = push.beat;
      deps.announce(push, {
        kind: "offline",
        cause: push.cause ?? "timeout",
        at: clock.now(),
        ...defined({ lastSeen }),
      });
    },
  });

  const observeHealth = async (name: string): Promise<ObservedHealth> => {
    const target = deps.target(name);
    if (target !== undefined) {
      const probed = await ask.forced(target);
      if (!("result" in probed)) return "unknown";
      return probed.result.outcome.ok ? "healthy" : "unhealthy";
    }
    const beat = deps.push(name)?.beat ?? deps.heard(name)?.beat;
    if (beat === undefined) return "absent";
    const up = isUp(beat, clock.now());
    return up === undefined ? "unknown" : up ? "healthy" : "unhealthy";
  };

  const relays = createRelays({
    clock,
    log,
    memory,
    random: Math.random,
    userAgent: `heartbeat-exporter/${version}`,
    machineFacts: (name) => knownMachine(deps.push(name), deps.heard(name)),
  });
  const actions = createActions({
    clock,
    log,
    memory,
    observeHealth,
    configuredLabels: (name) => deps.target(name)?.labels ?? deps.push(name)?.heartbeat.labels ?? {},
    inMaintenance: (name) => covers("target", name) || covers("heartbeat", name),
  });

  return {
    relays,
    actions,
    maintenance,
    configureMaintenance: (config, groups) => maintenance.configure(config.maintenance, groups),
    configure(config) {
      relays.configure(config.relays);
      actions.configure(config.actions);
    },
    isWorkedOn: (target) => covers("target", target),
    announce(push, effect) {
      if (held.admit(push.heartbeat.name, effect.kind)) deps.announce(push, effect);
    },
    targetsText: (targets) =>
      maintenanceText(targets, (name) => maintenance.covers({ kind: "target", name })),
    selfText: () => notifyText(relays.list(), actions.list()),
    async stop() {
      held.stop();
      await Promise.all([relays.stop(), actions.stop()]);
    },
  };
}

function knownMachine(
  push: PushView | undefined,
  heard: { readonly target: Target; readonly beat: HeartbeatState } | undefined,
): MachineFacts | undefined {
  if (push !== undefined) {
    const { hostname, description } = push.heartbeat;
    const { lastSeen } = push.beat;
    return {
      id: push.id,
      ...defined({ hostname, description, lastSeen }),
    };
  }
  if (heard === undefined) return undefined;
  const { hostname } = heard.target;
  const { lastSeen } = heard.beat;
  return {
    ...defined({ hostname, lastSeen }),
  };
}
