import { type Metric, type Sample, sample } from "../../core/metric.ts";
import { timestamp } from "../../core/units.ts";
import { type FieldRules, type FieldSeries, fieldSeriesOf } from "./field-series.ts";
import type { LogState } from "./log-state.ts";
import { fieldMetrics, logMetrics } from "./metrics.ts";
import { PARSE_FAILURES } from "./tally.ts";
import type { Zone } from "./zones.ts";

const PREFIX = "heartbeat_log_";

const OWN: ReadonlySet<string> = new Set(Object.values(logMetrics).map(({ name }) => name));
const KNOWN = new Map([...Object.values(logMetrics), ...fieldMetrics].map((metric) => [metric.name, metric]));

/** Reports whether the exporter has a metric of its own under this name after `heartbeat_log_`. */
export const isOwnName = (name: string): boolean => OWN.has(PREFIX + name);

/** Returns the kind of the series that is declared under a name, if there is one. */
export function declaredKind(name: string): FieldSeries["kind"] | undefined {
  const metric = KNOWN.get(PREFIX + name);
  if (metric === undefined) return undefined;
  if (metric.labels.includes("state")) return "state";
  return metric.type === "counter" ? "counter" : "gauge";
}

/** Makes the samples of one log: the exporter's counts, and the fields of the last heartbeat. */
export function logSamples(
  heartbeat: string,
  state: LogState,
  rules: FieldRules,
  zone: Zone,
): readonly Sample[] {
  const { counts, rotations, last } = state;
  const labels = { heartbeat };
  const values =
    last === undefined
      ? []
      : fieldSeriesOf(new Map(Object.entries(last.values)), rules, { zone, latest: timestamp(last.at) });
  return [
    sample(logMetrics.lines, counts.lines, labels),
    sample(logMetrics.heartbeats, counts.heartbeats, labels),
    ...PARSE_FAILURES.map((reason) =>
      sample(logMetrics.parseFailures, counts.failures[reason], { ...labels, reason }),
    ),
    sample(logMetrics.rotations, rotations.rename, { ...labels, kind: "rename" }),
    sample(logMetrics.rotations, rotations.truncate, { ...labels, kind: "truncate" }),
    sample(logMetrics.missed, counts.missed, labels),
    sample(logMetrics.restarts, counts.restarts, labels),
    ...values.flatMap((reading) => readingSamples(heartbeat, reading)),
  ];
}

/** Drops a field under the name of a metric that is the exporter's own or of another kind. */
function readingSamples(heartbeat: string, reading: FieldSeries): readonly Sample[] {
  const known = declaredKind(reading.name);
  if (isOwnName(reading.name) || (known !== undefined && known !== reading.kind)) return [];
  const metric = KNOWN.get(PREFIX + reading.name) ?? metricOf(reading);
  if (reading.kind !== "state") return [{ metric, value: reading.value, labels: { heartbeat } }];
  return reading.states.map((state) => ({
    metric,
    value: Number(state === reading.state),
    labels: { heartbeat, state },
  }));
}

const metricOf = ({ name, kind, help }: FieldSeries): Metric => ({
  name: PREFIX + name,
  type: kind === "counter" ? "counter" : "gauge",
  help: help ?? "A field of the heartbeat",
  labels: kind === "state" ? ["heartbeat", "state"] : ["heartbeat"],
});
