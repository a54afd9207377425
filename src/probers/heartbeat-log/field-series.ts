import { type Timestamp, timestamp } from "../../core/units.ts";
import type { FieldValue } from "./flatten.ts";
import type { FieldOptions } from "./schema.ts";
import { TIME_FIELDS, timeOf } from "./times.ts";
import type { Zone } from "./zones.ts";

/** The series of one field of a heartbeat, named without the prefix `heartbeat_log_`. */
export type FieldSeries =
  | {
      readonly kind: "gauge" | "counter";
      readonly name: string;
      readonly value: number;
      readonly help?: string;
    }
  | {
      readonly kind: "state";
      readonly name: string;
      readonly state: string;
      readonly states: readonly string[];
      readonly help?: string;
    };

/** The zone of times without one, and the time of the heartbeat. */
interface Dating {
  readonly zone: Zone;
  readonly latest: Timestamp;
}

/** Configured rules by field. */
export type FieldRules = Readonly<Record<string, FieldOptions>>;

/** States of circuit breakers. */
const USUAL_STATES = ["closed", "open", "half_open"] as const;

/** Suffixes of units other than seconds, with the factor that converts them to seconds. */
const UNITS: readonly (readonly [suffix: string, factor: number])[] = [
  ["_milliseconds", 1e-3],
  ["_ms", 1e-3],
  ["_us", 1e-6],
  ["_ns", 1e-9],
  ["_minutes", 60],
  ["_hours", 3600],
  ["_days", 86_400],
];

/**
 * Returns the series of a heartbeat, in the order of field names: `total_x` becomes a counter, `x_ms`, `x_minutes` and the
 * like become `x_seconds`, `x_time` with a Unix time or date becomes a timestamp, booleans become 0 and 1, and `x_state` with
 * a known word becomes a state set. Other texts are ignored. If two fields result in the same name, one that needs no
 * conversion wins, or else the first.
 */
export function fieldSeriesOf(
  values: ReadonlyMap<string, FieldValue>,
  rules: FieldRules,
  dating: Dating,
): readonly FieldSeries[] {
  const sorted = [...values].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const all = sorted.flatMap(([field, value]) => {
    const rule = Object.hasOwn(rules, field) ? rules[field] : undefined;
    const series = rule === undefined ? byName(field, value, dating) : byRule(field, value, rule, dating);
    return series === undefined
      ? []
      : [{ series, isConverted: rule === undefined && series.name !== tidy(field) }];
  });
  const byPriority = all.toSorted((a, b) => Number(a.isConverted) - Number(b.isConverted));
  const bySeriesName = new Map<string, FieldSeries>();
  for (const { series } of byPriority)
    if (!bySeriesName.has(series.name)) bySeriesName.set(series.name, series);
  return [...bySeriesName.values()];
}

/** Returns the series of a field without a rule. */
function byName(field: string, value: FieldValue, dating: Dating): FieldSeries | undefined {
  const name = tidy(field);
  // The time of the line is already exposed as the time when the heartbeat was last seen.
  if (name === "" || isTimeField(field)) return undefined;
  if (typeof value === "boolean") return gauge(name, Number(value));
  if (name.endsWith("_state") && typeof value === "string") return stateSet(name, value, USUAL_STATES);
  if (name.endsWith("_time")) {
    const time = timeOf(value, dating.zone, dating.latest);
    if (time !== undefined) return gauge(name.replace(/_time$/, "_timestamp_seconds"), time);
    // 0 means that the event has not happened yet.
    if (value === 0) return undefined;
  }
  if (typeof value !== "number") return undefined;
  if (name.startsWith("total_")) return counter(`${name.slice("total_".length)}_total`, value);
  if (name.endsWith("_total")) return counter(name, value);
  const unit = UNITS.find(([suffix]) => name.endsWith(suffix));
  return unit === undefined
    ? gauge(name, value)
    : gauge(`${name.slice(0, -unit[0].length)}_seconds`, scaled(value, unit[1]));
}

/** Returns the series of a field with a rule. */
function byRule(
  field: string,
  value: FieldValue,
  rule: FieldOptions,
  dating: Dating,
): FieldSeries | undefined {
  const { name: ruleName, type, scale = 1, states = USUAL_STATES, help } = rule;
  const withHelp = (series: FieldSeries | undefined): FieldSeries | undefined =>
    series === undefined || help === undefined ? series : { ...series, help };
  const withName = (series: FieldSeries | undefined): FieldSeries | undefined =>
    series === undefined || ruleName === undefined ? series : { ...series, name: ruleName };
  const name = ruleName ?? tidy(field);
  switch (type) {
    case "state":
      return withHelp(typeof value === "string" ? stateSet(name, value, states) : undefined);
    case "timestamp": {
      const written = typeof value === "number" ? value * scale : value;
      const time = timeOf(written, dating.zone, dating.latest) ?? timestamp(0);
      return withHelp(time === 0 ? undefined : gauge(name, time));
    }
    case "bool":
      return withHelp(
        typeof value === "boolean" || value === 0 || value === 1 ? gauge(name, Number(value)) : undefined,
      );
    case "counter":
      return withHelp(typeof value === "number" ? counter(name, scaled(value, scale)) : undefined);
    case "gauge":
      return withHelp(typeof value === "number" ? gauge(name, scaled(value, scale)) : undefined);
    case undefined: {
      const number = typeof value === "number" ? scaled(value, scale) : value;
      return withHelp(withName(byName(field, number, dating)));
    }
  }
}

const isTimeField = (field: string): boolean => TIME_FIELDS.some((name) => name === field);

/** A gauge must not have a counter's name. */
const gauge = (name: string, value: number): FieldSeries | undefined =>
  name.endsWith("_total") ? undefined : { kind: "gauge", name, value };

/** A counter is never negative. */
const counter = (name: string, value: number): FieldSeries | undefined =>
  value < 0 ? undefined : { kind: "counter", name, value };

/** Returns a state set; `half-open` and `HALF_OPEN` are the same state, and an unknown word has no series. */
function stateSet(name: string, value: string, states: readonly string[]): FieldSeries | undefined {
  const word = tidy(value);
  const state = states.find((one) => tidy(one) === word);
  return state === undefined ? undefined : { kind: "state", name, state, states };
}

/** Scales a value without binary noise: 12.8 ms are 0.0128 s, not 0.012800000000000001. */
const scaled = (value: number, factor: number): number =>
  factor === 1 ? value : Number((value * factor).toPrecision(15));

/** Converts a name to Prometheus' style: lower case, words joined with `_`. */
const tidy = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
