import type { Clock } from "../core/clock.ts";
import type { Target } from "../core/target.ts";
import type { Asker } from "../engine/ask.ts";
import type { Tiers } from "../engine/tiers.ts";
import type { FailoverState } from "../failover/machine.ts";
import type { Components } from "../groups/components.ts";
import type { GroupHealth } from "../groups/health.ts";
import type { Register } from "../heartbeats/register.ts";
import type { Maintenance } from "../maintenance/maintenance.ts";
import { maintenanceText, notifyText } from "../metrics/alerts.ts";
import { groupsText } from "../metrics/groups.ts";
import { heartbeatsText } from "../metrics/heartbeats.ts";
import { resultText, targetsText } from "../metrics/page.ts";
import type { Self } from "../metrics/self.ts";
import type { Totals } from "../metrics/totals.ts";
import type { MetricsText, ProbedHeartbeat } from "../server/route-context.ts";
import type { Alerting } from "./alerting.ts";
import type { Budgets } from "./budgets.ts";
import type { ConfigIndex } from "./config-index.ts";

/** The parts of the exporter that metrics are read from. */
export interface MeasuredParts {
  readonly clock: Clock;
  readonly index: ConfigIndex;
  readonly ask: Asker;
  readonly state: (target: Target) => FailoverState;
  readonly tiers: Tiers;
  readonly budgets: Budgets;
  readonly totals: Totals;
  readonly maintenance: Maintenance;
  readonly health: GroupHealth;
  readonly components: Components;
  readonly alerting: Alerting;
  readonly self: Self;
  readonly pushes: Register;
  readonly probedHeartbeats: () => readonly ProbedHeartbeat[];
}

/** Collects the sections of `/metrics` from the parts. */
export function createMetricsText(parts: MeasuredParts): MetricsText {
  const { clock, ask, maintenance, health, components, alerting, pushes } = parts;
  const targets = (): readonly Target[] => [...parts.index.current().targets.values()];
  const snapshot = async (target: Target, scrapeTimeout: Parameters<MetricsText["targets"]>[0]) => ({
    target,
    newest: await ask.targetOrLatest(target, scrapeTimeout),
    state: parts.state(target),
    tiers: parts.tiers.outcomes(target),
    skipped: ask.skip(target),
    remaining: parts.budgets.remaining(target),
  });
  return {
    result: resultText,
    async targets(scrapeTimeout) {
      // All in parallel. Those that do not answer in time are rendered with their latest results.
      const snapshots = await Promise.all(targets().map((target) => snapshot(target, scrapeTimeout)));
      return (
        targetsText(snapshots, clock.now()) +
        (await parts.totals.text()) +
        maintenanceText(targets(), (name) => maintenance.covers({ kind: "target", name })) +
        groupsText(health.groups(), components)
      );
    },
    exporter: async () =>
      notifyText(alerting.relays.list(), alerting.actions.list()) + (await parts.self.text()),
    heartbeats: () =>
      heartbeatsText({
        pushes: pushes.list(),
        probed: parts.probedHeartbeats(),
        now: clock.now(),
        inMaintenance: (name) => maintenance.covers({ kind: "heartbeat", name }),
      }),
  };
}
