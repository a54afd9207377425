import type { DashboardJson, FieldJson, MappedJson, MappingJson, PanelJson } from "./json.ts";

/** A rule about every dashboard, with the reason for it. */
export interface DashboardRule {
  readonly rule: string;
  /** What Grafana shows if a dashboard breaks the rule. */
  readonly reason: string;
  /** Returns what breaks the rule, by the titles of panels. */
  readonly violations: (dashboard: DashboardJson, panels: readonly PanelJson[]) => readonly string[];
}

/** The configuration of a panel's values, or of one of its columns. */
interface NamedField extends FieldJson {
  /** Title of the panel, and of the column. */
  readonly place: string;
  /** The column; undefined for the configuration of all values. */
  readonly column?: string;
}

/** Returns the configurations of values of a panel: its own, and those of its overrides. */
export const fieldsOf = ({
  title,
  fieldConfig: { defaults, overrides },
}: PanelJson): readonly NamedField[] => [
  { ...defaults, place: title },
  ...overrides.map(({ matcher, properties }) => ({
    ...Object.fromEntries(properties.map(({ id, value }) => [id, value])),
    place: `${title}: ${matcher.options}`,
    column: matcher.options,
  })),
];

/** Returns the URLs of the links of a panel's values. */
export const linksOf = (panel: PanelJson): readonly string[] =>
  fieldsOf(panel).flatMap(({ links = [] }) => links.map(({ url }) => url));

/** Returns the color that a mapping gives to values that Prometheus does not have. */
export const colorOfNothing = (mappings: readonly MappingJson[] = []): string | undefined =>
  mappings.flatMap((one) =>
    one.type === "special" && one.options.match === "null+nan" ? [one.options.result.color] : [],
  )[0];

/** Returns the text and color of a value by a mapping. */
export const mapped = (mappings: readonly MappingJson[] = [], value: number): MappedJson | undefined =>
  mappings.flatMap((one) => (one.type === "value" ? (one.options[String(value)] ?? []) : []))[0];

/** Returns the titles of the panels of some types that break a rule. */
export const breaking = (
  panels: readonly PanelJson[],
  types: readonly string[],
  breaks: (panel: PanelJson) => boolean,
): readonly string[] =>
  panels.filter((panel) => types.includes(panel.type) && breaks(panel)).map(({ title }) => title);
