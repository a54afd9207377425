import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { HistoryReader } from "../core/history.ts";
import { targetStatus } from "../core/status.ts";
import type { Target } from "../core/target.ts";
import { after, type Seconds, seconds } from "../core/units.ts";
import type { Asker } from "../engine/ask.ts";
import type { FailoverState } from "../failover/machine.ts";
import { buildReport, type Objectives, type Span } from "../report/build.ts";
import { type Dashboard, dashboardOf } from "../report/dashboard.ts";
import type { Report } from "../report/document.ts";
import { historyFacts, type ReportTarget } from "../report/from-history.ts";

/** What the exporter reports of itself. */
export interface Reporting {
  /** What history and the present say of a window that ends now. Rejects when history cannot be read. */
  readonly report: (length: Seconds, objectives: Objectives) => Promise<Report>;
  /** How things are now; uptime is that of a day. */
  readonly dashboard: () => Promise<Dashboard>;
}

interface ReportingDeps {
  readonly clock: Clock;
  readonly history: HistoryReader;
  readonly targets: () => Iterable<Target>;
  readonly state: (target: Target) => FailoverState;
  readonly ask: Pick<Asker, "latest">;
}

const DAY = seconds(86_400);

export function createReporting({ clock, history, targets, state, ask }: ReportingDeps): Reporting {
  const known = (target: Target): ReportTarget => {
    const { health, consecutiveFailures, lastProbeAt, lastSuccessAt } = state(target);
    return {
      name: target.name,
      module: target.module.name,
      critical: target.critical,
      interval: target.interval,
      now: {
        status: targetStatus(target, health, ask.latest(target)?.result),
        consecutiveFailures,
        ...defined({ lastProbe: lastProbeAt, lastSuccess: lastSuccessAt }),
      },
    };
  };
  const last = (length: Seconds): Span => {
    // Results of this very moment belong to it.
    const to = after(clock.now(), seconds(0.001));
    return { from: after(to, seconds(-length)), to };
  };
  const factsOf = (window: Span) => historyFacts(history, window, [...targets()].map(known));
  return {
    async report(length, objectives) {
      const window = last(length);
      const facts = await factsOf(window);
      const source = "the history of the exporter";
      return buildReport({ ...facts, source, window, generatedAt: clock.now(), objectives });
    },
    async dashboard() {
      const { services } = await factsOf(last(DAY));
      return dashboardOf(services, clock.now());
    },
  };
}
