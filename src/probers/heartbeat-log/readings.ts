import { timestamp } from "../../core/units.ts";
import type { FieldValue } from "./flatten.ts";
import type { FieldOptions } from "./schema.ts";
import { TIME_FIELDS, timeOf, type Zone } from "./times.ts";

/** What a field of a heartbeat says, under the name of its series after `heartbeat_log_`. */
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

export type FieldRules = Readonly<Record<string, FieldOptions>>;

/** States of circuit breakers. */
const USUAL_STATES = ["closed", "open", "half_open"] as const;

/** Units that are no base units, with what makes seconds of them. */
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
 * What the fields of a heartbeat say, in the order of their names: `total_x` counts, `x_ms`, `x_minutes` and the like
 * become seconds where no `x_seconds` stands beside them, `x_time` with a time of today becomes a timestamp, booleans
 * become 0 and 1, `x_state` with a known word a state. Other texts say nothing. Of two with one name the first stays,
 * those that need no conversion before the others.
 */
export function readingsOf(
  values: ReadonlyMap<string, FieldValue>,
  rules: FieldRules,
  zone: Zone,
): readonly FieldSeries[] {
  const sorted = [...values].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const all = sorted.flatMap(([field, value]) => {
    const rule = Object.hasOwn(rules, field) ? rules[field] : undefined;
    const reading = rule === undefined ? byName(field, value, zone) : byRule(field, value, rule, zone);
    return reading === undefined
      ? []
      : [{ reading, converted: rule === undefined && reading.name !== tidy(field) }];
  });
  const readings = new Map<string, FieldSeries>();
  for (const wanted of [false, true])
    for (const { reading, converted } of all)
      if (converted === wanted && !readings.has(reading.name)) readings.set(reading.name, reading);
  return [...readings.values()];
}

function byName(field: string, value: FieldValue, zone: Zone): FieldSeries | undefined {
  const name = tidy(field);
  // When the line was written is said by when the heartbeat was last seen.
  if (name === "" || isTimeField(field)) return undefined;
  if (typeof value === "boolean") return plain(name, Number(value));
  if (name.endsWith("_state") && typeof value === "string") return stateReading(name, value, USUAL_STATES);
  if (name.endsWith("_time")) {
    const time = timeOf(value, zone);
    if (time !== undefined) return plain(name.replace(/_time$/, "_timestamp_seconds"), time);
    // What never happened yet.
    if (value === 0) return undefined;
  }
  if (typeof value !== "number") return undefined;
  if (name.startsWith("total_")) return counter(`${name.slice("total_".length)}_total`, value);
  if (name.endsWith("_total")) return counter(name, value);
  const unit = UNITS.find(([suffix]) => name.endsWith(suffix));
  return unit === undefined
    ? plain(name, value)
    : plain(`${name.slice(0, -unit[0].length)}_seconds`, scaled(value, unit[1]));
}

function byRule(field: string, value: FieldValue, rule: FieldOptions, zone: Zone): FieldSeries | undefined {
  const { name: given, type, scale = 1, states = USUAL_STATES, help } = rule;
  const withHelp = (reading: FieldSeries | undefined): FieldSeries | undefined =>
    reading === undefined || help === undefined ? reading : { ...reading, help };
  const named = (reading: FieldSeries | undefined): FieldSeries | undefined =>
    reading === undefined || given === undefined ? reading : { ...reading, name: given };
  const name = given ?? tidy(field);
  switch (type) {
    case "state":
      return withHelp(typeof value === "string" ? stateReading(name, value, states) : undefined);
    case "timestamp": {
      const time = timeOf(typeof value === "number" ? value * scale : value, zone) ?? timestamp(0);
      return withHelp(time === 0 ? undefined : plain(name, time));
    }
    case "bool":
      return withHelp(
        typeof value === "boolean" || value === 0 || value === 1 ? plain(name, Number(value)) : undefined,
      );
    case "counter":
      return withHelp(typeof value === "number" ? counter(name, scaled(value, scale)) : undefined);
    case "gauge":
      return withHelp(typeof value === "number" ? plain(name, scaled(value, scale)) : undefined);
    case undefined: {
      const number = typeof value === "number" ? scaled(value, scale) : value;
      return withHelp(named(byName(field, number, zone)));
    }
  }
}

const isTimeField = (field: string): boolean => TIME_FIELDS.some((name) => name === field);

const plain = (name: string, value: number): FieldSeries | undefined =>
  name.endsWith("_total") ? undefined : { kind: "gauge", name, value };

const counter = (name: string, value: number): FieldSeries | undefined =>
  value < 0 ? undefined : { kind: "counter", name, value };

/** `half-open` and `HALF_OPEN` are the same; a word that is none of the states says nothing. */
function stateReading(name: string, value: string, states: readonly string[]): FieldSeries | undefined {
  const word = tidy(value);
  const state = states.find((one) => tidy(one) === word);
  return state === undefined ? undefined : { kind: "state", name, state, states };
}

/** 12.8 ms are 0.0128 s, and not 0.012800000000000001. */
const scaled = (value: number, factor: number): number =>
  factor === 1 ? value : Number((value * factor).toPrecision(15));

/** A name as Prometheus has them: lower case, words joined with `_`. */
const tidy = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
