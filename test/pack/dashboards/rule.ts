import type { DashboardJson, FieldJson, LinkJson, MappingJson, PanelJson } from "../queries.ts";

/** A rule about every dashboard, with the reason for it. */
export interface DashboardRule {
  readonly rule: string;
  /** What Grafana shows if a dashboard breaks the rule. */
  readonly reason: string;
  /** Returns what breaks the rule, by the titles of panels. */
  readonly violations: (dashboard: DashboardJson, panels: readonly PanelJson[]) => readonly string[];
}

/** Returns the options of a panel's transformations. */
export const transformationsOf = (panel: PanelJson): readonly Readonly<Record<string, unknown>>[] =>
  (
    (panel as { transformations?: readonly { options: Readonly<Record<string, unknown>> }[] })
      .transformations ?? []
  ).map(({ options }) => options);

/** The configuration of a panel's values, or of one of its columns. */
export interface NamedField extends FieldJson {
  /** Title of the panel, and of the column. */
  readonly place: string;
  /** The column; undefined for the configuration of all values. */
  readonly column?: string;
}

/** Returns the configurations of values of a panel: its own, and those of its overrides. */
export function fieldsOf({ title, fieldConfig }: PanelJson): readonly NamedField[] {
  const { defaults = {}, overrides = [] } = fieldConfig ?? {};
  return [
    { ...defaults, place: title },
    ...overrides.map(({ matcher, properties }) => ({
      ...Object.fromEntries(properties.map(({ id, value }) => [id, value])),
      place: `${title}: ${String(matcher.options)}`,
      column: String(matcher.options),
    })),
  ];
}

/** Returns the links of a panel's values. */
export const linksOf = (panel: PanelJson): readonly LinkJson[] =>
  fieldsOf(panel).flatMap(({ links = [] }) => links);

/** Returns the color that a mapping gives to values that Prometheus does not have. */
export const colorOfNothing = (mappings: readonly MappingJson[] = []): string | undefined =>
  mappings.find(({ type, options }) => type === "special" && options.match === "null+nan")?.options.result
    ?.color;

/** Returns the text and color of a value by a mapping. */
export function mapped(
  mappings: readonly MappingJson[] = [],
  value: number,
): { readonly text: string; readonly color: string } | undefined {
  const found = mappings.find(({ type, options }) => type === "value" && String(value) in options);
  return found?.options[String(value)] as { readonly text: string; readonly color: string } | undefined;
}

/** Returns the titles of the panels of some types that break a rule. */
export const breaking = (
  panels: readonly PanelJson[],
  types: readonly string[],
  breaks: (panel: PanelJson) => boolean,
): readonly string[] =>
  panels.filter((panel) => types.includes(panel.type) && breaks(panel)).map(({ title }) => title);
