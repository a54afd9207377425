import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { HistoryReader } from "../core/history.ts";
import { targetStatus } from "../core/status.ts";
import type { Target } from "../core/target.ts";
import { after, type Seconds, seconds } from "../core/units.ts";
import type { Asker } from "../engine/ask.ts";
import type { FailoverState } from "../failover/machine.ts";
import { buildReport } from "../report/build.ts";
import { dashboardOf } from "../report/dashboard.ts";
import type { Reporting } from "../report/exporter-report.ts";
import { historyFacts, type ReportTarget } from "../report/from-history.ts";
import type { Span } from "../report/span.ts";
import { presentBeats, presentComponents, type Reporters } from "./present-reporters.ts";

interface ReportingDeps extends Reporters {
  readonly clock: Clock;
  readonly history: HistoryReader;
  readonly targets: () => Iterable<Target>;
  readonly state: (target: Target) => FailoverState;
  readonly ask: Pick<Asker, "latest">;
}

/** Window of the uptime on a dashboard. */
const DAY = seconds(86_400);

/** Reports from the history and the present states of targets. */
export function createReporting({
  clock,
  history,
  targets,
  state,
  ask,
  ...reporters
}: ReportingDeps): Reporting {
  const reportTarget = (target: Target): ReportTarget => {
    const memory = state(target);
    const { consecutiveFailures, lastProbeAt, lastSuccessAt } = memory;
    return {
      name: target.name,
      module: target.module.name,
      critical: target.critical,
      interval: target.interval,
      now: {
        status: targetStatus(target, memory, ask.latest(target)?.result, clock.now()),
        consecutiveFailures,
        ...defined({ lastProbe: lastProbeAt, lastSuccess: lastSuccessAt }),
      },
    };
  };
  const windowOf = (length: Seconds): Span => {
    // A window excludes its end; results of this moment belong to it.
    const to = after(clock.now(), seconds(0.001));
    return { from: after(to, seconds(-length)), to };
  };
  const factsOf = async (window: Span) => ({
    ...(await historyFacts(
      history,
      window,
      [...targets()].map(reportTarget),
      presentBeats(reporters, clock.now()),
    )),
    components: presentComponents(reporters),
  });
  return {
    async report(length, objectives) {
      const window = windowOf(length);
      const facts = await factsOf(window);
      const source = "the history of the exporter";
      return buildReport({ ...facts, source, window, generatedAt: clock.now(), objectives });
    },
    async dashboard() {
      const window = windowOf(DAY);
      return dashboardOf(await factsOf(window), { ...window, to: clock.now() });
    },
  };
}
