import { catalogue, metrics as catalogued } from "../../catalogue/index.ts";
import { type Metric, type Sample, sample } from "../../core/metric.ts";
import { type FieldRules, type FieldSeries, fieldSeriesOf } from "./field-series.ts";
import type { LogState } from "./log-state.ts";
import { PARSE_FAILURES } from "./tally.ts";
import type { Zone } from "./times.ts";

const PREFIX = "heartbeat_log_";

/** Metrics of the catalogue by the name of the field that they are of, and of those that are the exporter's own. */
const KNOWN = new Map(
  catalogued.filter(({ name }) => name.startsWith(PREFIX)).map((metric) => [metric.name, metric]),
);
const OWN: ReadonlySet<string> = new Set(
  [
    catalogue.logLines,
    catalogue.logHeartbeats,
    catalogue.logParseFailures,
    catalogue.logRotations,
    catalogue.logMissed,
    catalogue.logRestarts,
  ].map(({ name }) => name),
);

/** Whether a field may not have this name after `heartbeat_log_`: the exporter counts under it. */
export const isOwnName = (name: string): boolean => OWN.has(PREFIX + name);

/** The kind of series that the catalogue has under a name, if it does. */
export function cataloguedKind(name: string): FieldSeries["kind"] | undefined {
  const metric = KNOWN.get(PREFIX + name);
  if (metric === undefined) return undefined;
  if (metric.labels.includes("state")) return "state";
  return metric.type === "counter" ? "counter" : "gauge";
}

/** All series of one log: what was counted, and what its last heartbeat says. */
export function logSamples(
  heartbeat: string,
  state: LogState,
  rules: FieldRules,
  zone: Zone,
): readonly Sample[] {
  const { counts, rotations, last } = state;
  const labels = { heartbeat };
  const values = last === undefined ? [] : fieldSeriesOf(new Map(Object.entries(last.values)), rules, zone);
  return [
    sample(catalogue.logLines, counts.lines, labels),
    sample(catalogue.logHeartbeats, counts.heartbeats, labels),
    ...PARSE_FAILURES.map((reason) =>
      sample(catalogue.logParseFailures, counts.failures[reason], { ...labels, reason }),
    ),
    sample(catalogue.logRotations, rotations.rename, { ...labels, kind: "rename" }),
    sample(catalogue.logRotations, rotations.truncate, { ...labels, kind: "truncate" }),
    sample(catalogue.logMissed, counts.missed, labels),
    sample(catalogue.logRestarts, counts.restarts, labels),
    ...values.flatMap((reading) => readingSamples(heartbeat, reading)),
  ];
}

/** A name that the exporter counts under, or that means another kind of series, is left out. */
function readingSamples(heartbeat: string, reading: FieldSeries): readonly Sample[] {
  const known = cataloguedKind(reading.name);
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
  emitter: "heartbeat",
});
