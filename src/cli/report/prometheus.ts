import { defined } from "../../core/defined.ts";
import type { TargetStatus } from "../../core/status.ts";
import { elapsed, seconds, type Timestamp, timestamp } from "../../core/units.ts";
import type { ReportFacts, ServiceFacts, Span, UnhealthySpan } from "../../report/build.ts";
import type { Remote } from "../remote.ts";
import { prometheusAlerts } from "./prometheus-alerts.ts";
import { createPrometheusApi, type PrometheusApi, type Series } from "./prometheus-api.ts";

/** Points of a range that are asked for at the most: Prometheus refuses more than 11000. */
const MOST_POINTS = 10_000;

/** The worst first: what several exporters say of one target is what the worst of them says. */
const WORST_FIRST: readonly TargetStatus[] = ["unhealthy", "unknown", "degraded", "healthy"];

/**
 * What a Prometheus knows of the targets of the exporters that it scrapes. Several exporters are added up.
 * @param selector matchers that all series have to satisfy, without braces; may be empty
 */
export async function prometheusFacts(
  remote: Remote,
  selector: string,
  window: Span,
): Promise<Pick<ReportFacts, "source" | "services" | "alerts" | "notes">> {
  const api = createPrometheusApi(remote);
  const matchers = selector.trim().replace(/^\{|\}$/g, "");
  const step = stepOf(window);
  const known = await askAll(api, queries(matchers, window), window.to);
  const outages = await outagesOf(api, matchers, window, step);
  const names = [...new Map([...known.info, ...known.current].map((series) => [keyOf(series), series]))];
  const services = names.map(([key, { labels }]) => serviceOf(key, labels, known, outages));
  const gone = names.filter(([key]) => !known.current.some((series) => keyOf(series) === key)).length;
  const exporters = known.exporters[0]?.points[0]?.[1] ?? 0;
  return {
    source: `Prometheus ${remote.name}`,
    services,
    alerts: await prometheusAlerts(api, window, step),
    notes: [
      "95th percentiles are estimated from a histogram, as histogram_quantile does; checks are extrapolated to the ends of the window, as increase does",
      "maxima are those that scrapes saw, and times of outages and alerts are exact to the longer of " +
        `${step} s and the interval of scrapes or rules`,
      ...(names.length === 0
        ? [
            "Prometheus has no heartbeat_target_info in this window: it scrapes no exporter, or the selector matches none",
          ]
        : []),
      ...(exporters > 1
        ? [`what ${exporters} exporters say of a target is added up; its status is the worst of them`]
        : []),
      ...(gone > 0
        ? [
            `${gone} targets have no series at the end of the window, and so are unknown: they are no more configured, or their exporter is not scraped`,
          ]
        : []),
    ],
  };
}

/** The questions, by what they are about; each answer has one series per target and module. */
function queries(matchers: string, window: Span) {
  const range = rangeOf(window);
  const of = (name: string, more = ""): string =>
    `${name}{${[more, matchers].filter((part) => part !== "").join(",")}}`;
  const by = "by (target, module)";
  const increase = (name: string, more = ""): string => `increase(${of(name, more)}${range})`;
  const duration = "heartbeat_health_check_duration_seconds";
  const success = 'status="success"';
  const every = `${stepOf(window)}s`;
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
    average: `sum ${by} (${increase(`${duration}_sum`, success)}) / sum ${by} (${increase(`${duration}_count`, success)})`,
    p95: `histogram_quantile(0.95, sum by (target, module, le) (${increase(`${duration}_bucket`, success)}))`,
    max: `max ${by} (max_over_time((${of("probe_duration_seconds", 'target!=""')} and ${of("probe_success", 'target!=""')} == 1)${range.replace("]", `:${every}]`)}))`,
  };
}

/** In seconds. */
const stepOf = ({ from, to }: Span): number => Math.max(1, Math.ceil(elapsed(from, to) / MOST_POINTS));

const rangeOf = ({ from, to }: Span): string => `[${Math.max(1, Math.round(elapsed(from, to) * 1000))}ms]`;

type Answers = Readonly<Record<keyof ReturnType<typeof queries>, readonly Series[]>>;

async function askAll(
  api: PrometheusApi,
  asked: ReturnType<typeof queries>,
  at: Timestamp,
): Promise<Answers> {
  const answers: [string, readonly Series[]][] = [];
  // One after the other: a report is no reason to keep a Prometheus busy.
  for (const [name, expression] of Object.entries(asked)) answers.push([name, await api.at(expression, at)]);
  return Object.fromEntries(answers) as Answers;
}

function serviceOf(
  key: string,
  labels: Series["labels"],
  known: Answers,
  outages: ReadonlyMap<string, readonly UnhealthySpan[]>,
): ServiceFacts {
  const value = (from: readonly Series[]): number | undefined => {
    const found = from.find((series) => keyOf(series) === key)?.points[0]?.[1];
    return found === undefined || Number.isNaN(found) ? undefined : found;
  };
  const lastHealthy = value(known.lastSuccess);
  const lastUpdated = value(known.lastProbe);
  const objective = value(known.objective);
  const average = value(known.average);
  const p95 = value(known.p95);
  const max = value(known.max);
  const statuses = new Set(
    known.status.filter((series) => keyOf(series) === key).map((one) => one.labels["status"]),
  );
  return {
    name: labels["target"] ?? "",
    module: labels["module"] ?? "",
    critical: labels["critical"] === "true",
    status: WORST_FIRST.find((status) => statuses.has(status)) ?? "unknown",
    consecutiveFailures: value(known.failures) ?? 0,
    ...(lastHealthy === undefined ? {} : { lastHealthy: timestamp(lastHealthy) }),
    ...(lastUpdated === undefined ? {} : { lastUpdated: timestamp(lastUpdated) }),
    probes: value(known.probes) ?? 0,
    successes: value(known.successes) ?? 0,
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

/** When targets were unhealthy. Only of those that ever were, the course is asked for. */
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
    // Where a step is longer than a scrape interval may be, what is between two of them must not be missed.
    const value = step > 15 ? `min_over_time(${one}[${step}s])` : one;
    for (const series of await api.over(`min by (target, module) (${value})`, window, step))
      found.set(keyOf(series), spansAt(series, 0));
  }
  return found;
}

/** The times at which a series had a value. What is missing in between changes nothing. */
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
