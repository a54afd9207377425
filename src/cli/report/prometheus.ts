import { counted } from "../../core/counted.ts";
import { defined } from "../../core/defined.ts";
import type { TargetStatus } from "../../core/status.ts";
import { elapsed, seconds, type Timestamp, timestamp } from "../../core/units.ts";
import type { ReportFacts, ServiceFacts } from "../../report/build.ts";
import type { Span, UnhealthySpan } from "../../report/span.ts";
import type { Remote } from "../remote.ts";
import { prometheusAlerts } from "./prometheus-alerts.ts";
import { createPrometheusApi, type PrometheusApi, type Series } from "./prometheus-api.ts";
import { prometheusBeats, prometheusComponents } from "./prometheus-reporters.ts";

/** Most points requested per series of a range query; Prometheus rejects more than 11000. */
const MOST_POINTS = 10_000;

/** The statuses from worst to best. If exporters disagree about a target, its worst status counts. */
const WORST_FIRST: readonly TargetStatus[] = ["unhealthy", "unknown", "degraded", "healthy"];

/**
 * Reads the facts of a report from a Prometheus, adding up the exporters that it scrapes.
 * @param selector label matchers for all series; may be empty
 */
export async function prometheusFacts(
  remote: Remote,
  selector: string,
  window: Span,
): Promise<Pick<ReportFacts, "source" | "services" | "heartbeats" | "components" | "alerts" | "notes">> {
  const api = createPrometheusApi(remote);
  const matchers = selector.trim().replace(/^\{|\}$/g, "");
  const step = stepOf(window);
  const answers = await runQueries(api, queries(matchers, window), window.to);
  const outages = await outagesOf(api, matchers, window, step);
  const targets = [
    ...new Map([...answers.info, ...answers.current].map((series) => [keyOf(series), series])),
  ];
  const services = targets.map(([key, { labels }]) => serviceOf(key, labels, answers, outages));
  const ended = targets.filter(([key]) => !answers.current.some((series) => keyOf(series) === key)).length;
  const selection = { matchers, range: rangeOf(window), at: window.to };
  const heartbeats = await prometheusBeats(api, selection);
  const components = await prometheusComponents(api, selection);
  const exporters = answers.exporters[0]?.points[0]?.[1] ?? 0;
  return {
    source: `Prometheus ${remote.name}`,
    services,
    heartbeats,
    components,
    alerts: await prometheusAlerts(api, window, step),
    notes: [
      "counts of checks are extrapolated to the ends of the window (increase); 95th percentiles of targets with a histogram of durations are estimated from it (histogram_quantile)",
      "maxima, and averages and percentiles of targets without a histogram, cover only the probes that a scrape saw, each weighted by how long its result was the last one; the times of outages and alerts are accurate to " +
        `${step} s or the scrape or rule interval, whichever is longer`,
      ...(heartbeats.length > 0 ? ["Prometheus does not know which heartbeats are critical"] : []),
      ...(targets.length === 0 && heartbeats.length === 0
        ? [
            "Prometheus has no heartbeat_target_info in this window: it scrapes no exporter, or no series matches the selector",
          ]
        : []),
      ...(exporters > 1
        ? [
            `the numbers of ${exporters} exporters are added up; the status of a target is the worst that any reports`,
          ]
        : []),
      ...(ended > 0
        ? [
            `${counted(ended, "target")} without series at the end of the window: unknown, because no longer configured, or because no exporter with them is scraped`,
          ]
        : []),
    ],
  };
}

/** Returns the PromQL queries by name. Each result has one series per target and module. */
function queries(matchers: string, window: Span) {
  const range = rangeOf(window);
  const of = (name: string, more = ""): string =>
    `${name}{${[more, matchers].filter((part) => part !== "").join(",")}}`;
  const by = "by (target, module)";
  const increase = (name: string, more = ""): string => `increase(${of(name, more)}${range})`;
  const duration = "heartbeat_health_check_duration_seconds";
  const success = 'status="success"';
  const samples = range.replace("]", `:${stepOf(window)}s]`);
  const succeeded = `${of("probe_duration_seconds", 'target!=""')} and ${of("probe_success", 'target!=""')} == 1`;
  // As in the histogram, without cold starts.
  const warm = `(${succeeded} unless ${of("probe_llm_cold_start", 'target!=""')} == 1)${samples}`;
  const sum = `sum ${by} (${increase(`${duration}_sum`, success)})`;
  const count = `sum ${by} (${increase(`${duration}_count`, success)})`;
  const buckets = `sum by (target, module, le) (${increase(`${duration}_bucket`, success)})`;
  return {
    current: `max by (target, module, critical) (${of("heartbeat_target_info")})`,
    info: `max by (target, module, critical) (last_over_time(${of("heartbeat_target_info")}${range}))`,
    exporters: `count(count by (instance, job) (${of("heartbeat_target_info")}))`,
    status: `max by (target, module, status) (${of("heartbeat_target_status")} == 1)`,
    failures: `max ${by} (${of("heartbeat_consecutive_failures")})`,
    lastProbe: `max ${by} (last_over_time(${of("heartbeat_last_probe_timestamp_seconds")}${range}))`,
    lastSuccess: `max ${by} (last_over_time(${of("heartbeat_last_success_timestamp_seconds")}${range}))`,
    objective: `max ${by} (${of("heartbeat_slo_objective_ratio")})`,
    probes: `sum ${by} (${increase("heartbeat_health_checks_total")})`,
    successes: `sum ${by} (${increase("heartbeat_health_checks_total", success)})`,
    average: `${sum} / ${count} or avg ${by} (avg_over_time(${warm}))`,
    p95: `histogram_quantile(0.95, ${buckets}) or max ${by} (quantile_over_time(0.95, ${warm}))`,
    max: `max ${by} (max_over_time((${succeeded})${samples}))`,
  };
}

/** Returns the step of range queries, in seconds. */
const stepOf = ({ from, to }: Span): number => Math.max(1, Math.ceil(elapsed(from, to) / MOST_POINTS));

const rangeOf = ({ from, to }: Span): string => `[${Math.max(1, Math.round(elapsed(from, to) * 1000))}ms]`;

type Answers = Readonly<Record<keyof ReturnType<typeof queries>, readonly Series[]>>;

async function runQueries(
  api: PrometheusApi,
  expressions: ReturnType<typeof queries>,
  at: Timestamp,
): Promise<Answers> {
  const answers: [string, readonly Series[]][] = [];
  // One at a time, to limit the load on Prometheus.
  for (const [name, expression] of Object.entries(expressions))
    answers.push([name, await api.at(expression, at)]);
  return Object.fromEntries(answers) as Answers;
}

function serviceOf(
  key: string,
  labels: Series["labels"],
  answers: Answers,
  outages: ReadonlyMap<string, readonly UnhealthySpan[]>,
): ServiceFacts {
  const value = (from: readonly Series[]): number | undefined => {
    const found = from.find((series) => keyOf(series) === key)?.points[0]?.[1];
    return found === undefined || Number.isNaN(found) ? undefined : found;
  };
  const lastHealthy = value(answers.lastSuccess);
  const lastUpdated = value(answers.lastProbe);
  const objective = value(answers.objective);
  const average = value(answers.average);
  const p95 = value(answers.p95);
  const max = value(answers.max);
  const statuses = new Set(
    answers.status.filter((series) => keyOf(series) === key).map((one) => one.labels["status"]),
  );
  return {
    name: labels["target"] ?? "",
    module: labels["module"] ?? "",
    critical: labels["critical"] === "true",
    status: WORST_FIRST.find((status) => statuses.has(status)) ?? "unknown",
    consecutiveFailures: value(answers.failures) ?? 0,
    ...defined({
      lastHealthy: lastHealthy === undefined ? undefined : timestamp(lastHealthy),
      lastUpdated: lastUpdated === undefined ? undefined : timestamp(lastUpdated),
    }),
    probes: value(answers.probes) ?? 0,
    successes: value(answers.successes) ?? 0,
    ...(average === undefined
      ? {}
      : {
          duration: {
            average: seconds(average),
            ...(p95 === undefined ? {} : { p95: seconds(p95) }),
            ...(max === undefined ? {} : { max: seconds(max) }),
          },
        }),
    outages: outages.get(key) ?? [],
    ...defined({ objective }),
  };
}

/** Returns the outages of each target. Queries the range only of targets that were unhealthy in the window. */
async function outagesOf(
  api: PrometheusApi,
  matchers: string,
  window: Span,
  step: number,
): Promise<ReadonlyMap<string, readonly UnhealthySpan[]>> {
  const healthy = `heartbeat_target_healthy{${matchers}}`;
  const range = rangeOf(window);
  const down = await api.at(`min by (target, module) (min_over_time(${healthy}${range})) == 0`, window.to);
  const found = new Map<string, readonly UnhealthySpan[]>();
  for (const { labels } of down) {
    const own = ["target", "module"].map((name) => `${name}=${JSON.stringify(labels[name] ?? "")}`);
    const one = `heartbeat_target_healthy{${[...own, matchers].filter((part) => part !== "").join(",")}}`;
    // A step longer than the scrape interval would skip samples, so take the minimum since the previous step.
    const value = step > 15 ? `min_over_time(${one}[${step}s])` : one;
    for (const series of await api.over(`min by (target, module) (${value})`, window, step))
      found.set(keyOf(series), spansAt(series, 0));
  }
  return found;
}

/** Returns the spans in which a series had the value `wanted`. Gaps between samples do not end a span. */
function spansAt({ points }: Series, wanted: number): readonly UnhealthySpan[] {
  const spans: UnhealthySpan[] = [];
  let since: Timestamp | undefined;
  for (const [at, value] of points) {
    if (value === wanted) since ??= at;
    else if (since !== undefined) {
      spans.push({ from: since, to: at });
      since = undefined;
    }
  }
  if (since !== undefined) spans.push({ from: since });
  return spans;
}

const keyOf = ({ labels }: Series): string => JSON.stringify([labels["target"], labels["module"]]);
