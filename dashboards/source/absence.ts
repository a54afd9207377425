import { MappingType, SpecialValueMatch, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { EXPORTER, withLabel } from "./promql.ts";
import { GREY } from "./states.ts";

/** The value of a panel about something that does not exist. No metric has it. */
const NOT_CONFIGURED = -1001;

/** The value of a panel while no exporter is scraped. */
const NO_EXPORTER = -1002;

/** The value of a panel whose `when` does not hold. */
const OTHERWISE = -1003;

/** What a panel shows instead of values. */
export interface Absence {
  /** Shown if the exporter runs and has nothing to show, such as `no leases configured`. */
  readonly none: string;
  /** Color of that text, for panels that are good when empty. Grey if omitted. */
  readonly noneColor?: string;
  /** A condition for `none`, without which `otherwise` is shown in grey. */
  readonly when?: { readonly expr: string; readonly otherwise: string };
  /** Color while no exporter is scraped. Red only on the tiles about exporters. Grey if omitted. */
  readonly downColor?: string;
}

/** The text for a value that Prometheus does not have. */
const UNKNOWN = "unknown";

/** The text of panels while no exporter is scraped. */
const DOWN = "no exporter up";

/**
 * Adds a series to an expression that has none, which tells why. Grafana shows a panel without series in the color of its
 * base threshold, or not at all.
 * @param label the label that gives the series its name; none if its value is shown alone
 */
export function orAbsence(expr: string, { none, when }: Absence, label?: string): string {
  const name = (value: string, text: string): string =>
    label === undefined ? value : withLabel(value, label, text);
  const nothing =
    when === undefined ? `vector(${NOT_CONFIGURED})` : `${NOT_CONFIGURED} * group(${when.expr})`;
  return [
    expr,
    name(
      `${NO_EXPORTER} * absent(heartbeat_exporter_build_info{${EXPORTER}} or probe_success{${EXPORTER}})`,
      DOWN,
    ),
    name(nothing, none),
    ...(when === undefined ? [] : [name(`vector(${OTHERWISE})`, when.otherwise)]),
  ].join("\nor on () ");
}

/**
 * Returns the mappings of absent values to text and color.
 * @param isNamed true if a name beside the value says what is absent
 */
export const absenceMappings = (absence: Absence, isNamed: boolean): readonly ValueMapping[] => [
  reasonMapping(absence, isNamed),
  UNKNOWN_MAPPING,
];

/** Returns the mapping of the series that {@link orAbsence} adds. Missing values are not mapped, and remain gaps. */
export function reasonMapping(absence: Absence, isNamed: boolean): ValueMapping {
  const { none, noneColor = GREY, downColor = GREY, when } = absence;
  return {
    type: MappingType.ValueToText,
    options: {
      [NOT_CONFIGURED]: { text: isNamed ? "–" : none, color: noneColor, index: 100 },
      ...(when === undefined
        ? {}
        : { [OTHERWISE]: { text: isNamed ? UNKNOWN : when.otherwise, color: GREY, index: 104 } }),
      [NO_EXPORTER]: { text: isNamed ? UNKNOWN : DOWN, color: downColor, index: 101 },
    },
  };
}

/** Maps values that Prometheus does not have, and NaN. */
const UNKNOWN_MAPPING: ValueMapping = {
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.NullAndNan, result: { text: UNKNOWN, color: GREY, index: 102 } },
};

/** Maps empty cells of a table, whose row has the value of another column only. */
export const EMPTY_CELL: ValueMapping = {
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.NullAndNan, result: { text: "–", color: GREY, index: 103 } },
};
