import { alertMetrics } from "../../src/catalogue/alerts.ts";
import { dependencyMetrics } from "../../src/catalogue/dependencies.ts";
import { exporterMetrics } from "../../src/catalogue/exporter.ts";
import { groupMetrics } from "../../src/catalogue/groups.ts";
import { heartbeatMetrics } from "../../src/catalogue/heartbeats.ts";
import { resultMetrics } from "../../src/catalogue/results.ts";
import { routeMetrics } from "../../src/catalogue/routes.ts";
import { targetMetrics } from "../../src/catalogue/targets.ts";
import type { Metric } from "../../src/core/metric.ts";
import { ALERTED_REASONS, ENGINE_REASONS, FAILURE_REASONS } from "../../src/core/reasons.ts";
import { probers } from "../../src/probers/index.ts";

interface Section {
  readonly title: string;
  /** Where the metrics are exposed, and how. */
  readonly about: string;
  readonly metrics: readonly Metric[];
}

const PER_PROBE = "On `/probe`; on `/metrics` with the labels `target` and `module`, once there is a result.";

/** More about the metrics of some probers. */
const NOTES: Readonly<Record<string, string>> = {
  http: "The names are those of blackbox_exporter.",
  tcp: "All of them are series of several probers. The names are those of blackbox_exporter.",
  unix: "All of them are series of several probers. The names are those of blackbox_exporter.",
  heartbeat_log:
    "Fields of heartbeats that are not in this list have series of their own, see [heartbeat-logs.md](heartbeat-logs.md).",
};

/** Returns the kinds of the probers that have a metric. */
const kindsWith = (metric: Metric): readonly string[] =>
  probers.filter(({ metrics }) => metrics.includes(metric)).map(({ kind }) => kind);

/** The metrics that several probers have, by the list of these probers. */
const shared = Map.groupBy(
  new Set(probers.flatMap(({ metrics }) => metrics).filter((metric) => kindsWith(metric).length > 1)),
  (metric) => codes(kindsWith(metric)),
);

const SECTIONS: readonly Section[] = [
  { title: "Every result", about: PER_PROBE, metrics: Object.values(resultMetrics) },
  ...probers.map(({ kind, metrics, reasons }) => ({
    title: `Prober ${kind}`,
    about: [
      PER_PROBE,
      ...(NOTES[kind] === undefined ? [] : [NOTES[kind]]),
      `\n\nReasons of failures: ${codes([...new Set([...reasons, ...ENGINE_REASONS])])}.`,
    ].join(" "),
    metrics: metrics.filter((metric) => kindsWith(metric).length === 1),
  })),
  ...Array.from(shared, ([kinds, metrics]) => ({
    title: `Probers ${kinds.replaceAll("`", "")}`,
    about: `Series of several probers. ${PER_PROBE}`,
    metrics,
  })),
  {
    title: "Memory and configuration of targets",
    about: "Per configured target, on `/metrics`.",
    metrics: Object.values(targetMetrics),
  },
  {
    title: "Heartbeats",
    about:
      "On `/metrics`. Heartbeats that a probe reads, from a log or a lease, have the first three on `/probe` too, and on `/metrics` also the labels `target` and `module`.",
    metrics: Object.values(heartbeatMetrics),
  },
  {
    title: "Dependencies",
    about: "On `/metrics`, for targets and heartbeats with `depends_on`.",
    metrics: Object.values(dependencyMetrics),
  },
  {
    title: "Groups and components",
    about: "On `/metrics`, for groups in the configuration and for components that reported themselves.",
    metrics: Object.values(groupMetrics),
  },
  {
    title: "Routes",
    about:
      "On `/metrics`, where [routes](routes.md) are configured. `target` is the name of a member: a target or a group.",
    metrics: Object.values(routeMetrics),
  },
  {
    title: "Relays, actions and webhooks",
    about: "On `/metrics`, where they are configured.",
    metrics: Object.values(alertMetrics),
  },
  {
    title: "The exporter itself",
    about: "On `/metrics`, beside `process_*` and `nodejs_*` of prom-client.",
    metrics: Object.values(exporterMetrics),
  },
];

/** Returns `docs/metrics.md`: every metric, from where it is declared. */
export const metricsPage = (): string => `# Metrics

Generated from \`src/catalogue\` and \`src/probers\` by \`npm run generate\`; edit there.

A series exists only when there is a value: there are no false zeros. Times are in seconds, points in time are Unix
timestamps. Labels are bounded: texts of errors and answers are in the log and in \`debug=true\`, never in a label.

## Series per target

On \`/metrics\`, an \`http\` target has at most 40 series and an \`llm\` target at most 80, with every option that adds some (failover,
TLS with a client certificate, a maintenance window, budgets, two tiers) and after failures for six reasons. Without these
options an \`http\` target has 22 over TLS, and an \`llm\` target about 60. Further reasons and tiers, and values that a module takes from
bodies (\`metrics\`), add to that.

| option of a module or target | series |
|---|---|
| \`histograms: [duration]\` | ${seriesOf(targetMetrics.healthCheckDuration)}: durations of successful probes; on by default for \`llm\` |
| \`histograms: [failed_duration]\` | ${seriesOf(targetMetrics.healthCheckDuration)}: durations of failed probes |
| \`histograms: [first_token]\` | ${seriesOf(targetMetrics.llmFirstTokenHistogram)}: times to the first token; on by default for \`llm\` |
| \`histograms: [inter_token]\` | ${seriesOf(targetMetrics.llmInterTokenHistogram)}: times between tokens |
| \`probe_details: true\` | the details of a probe that no rule reads: 23 for \`http\` over TLS, up to 28 for \`llm\` |

\`/probe\` always has the details. Without histograms, quantiles and the share of fast probes come from the gauges, for every probe
that a scrape saw:

\`\`\`promql
quantile_over_time(0.95, probe_duration_seconds{target="shop"}[1h])
avg_over_time((probe_duration_seconds{target="shop"} <= bool 0.5 and probe_success{target="shop"} == 1)[1d:1m])
\`\`\`

## First failures

\`heartbeat_failures_total\` starts at 0 only for the reasons that alerts read: ${codes(ALERTED_REASONS)}. The series of another
reason appears with the first failure, at 1, and \`increase()\` and \`rate()\` do not see that one: they need two samples. No rule
depends on it. To count failures use \`heartbeat_health_checks_total{status="failure"}\`, which starts at 0; for their reasons in a
window use \`count_over_time(probe_failure_reason[1h])\`, the number of scrapes that found a target failed for a reason.

${SECTIONS.map(sectionText).join("\n")}
## Failure reasons

The values of \`reason\`, of all probers together: ${codes(FAILURE_REASONS)}.
`;

const sectionText = ({ title, about, metrics }: Section): string =>
  `## ${title}\n\n${about}\n${metrics.length === 0 ? "" : tableText(metrics)}`;

const tableText = (metrics: readonly Metric[]): string =>
  `\n| name | type | labels | when it exists | meaning |\n|---|---|---|---|---|\n${metrics.map(row).join("\n")}\n`;

const row = (metric: Metric): string =>
  `| \`${metric.name}\` | ${metric.type} | ${codes(metric.labels)} | ${conditionOf(metric)} | ${metric.help} |`;

const conditionOf = ({ when = "always", detail = false }: Metric): string =>
  detail ? `${when}; on \`/metrics\` with \`probe_details\`` : when;

/** Returns how many series a histogram has. */
const seriesOf = ({ buckets = [] }: Metric): number => buckets.length + ["+Inf", "sum", "count"].length;

function codes(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}
