import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
  RowBuilder,
  type RowPanel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { annotations } from "./annotations.ts";
import type { PanelBuilder } from "./panels/options.ts";
import { type Choice, type Series, seriesWithin } from "./promql.ts";
import { datasourceVariable, exporterVariable, labelVariable } from "./variables.ts";

/** The tag by which the dashboards link to each other. */
const TAG = "heartbeat-exporter";

/** A row of panels. */
export interface Row {
  /** Omitted for the first row of a dashboard whose panels need the space. */
  readonly title?: string;
  /** Collapsed until the reader opens it. */
  readonly collapsed?: boolean;
  readonly panels: readonly PanelBuilder[];
}

/** The input of {@link dashboard}. */
export interface DashboardOptions {
  /** Must never change, because links and provisioning refer to it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** The metric that provides the values of the variables `job` and `instance`. */
  readonly of: string;
  /** Further variables, each with the metric that provides its values. */
  readonly choices: Readonly<Partial<Record<Choice, string>>>;
  /** Matchers of the series that provide the values of those variables. */
  readonly within?: string;
  readonly from?: string;
  readonly rows: (series: Series) => readonly Row[];
}

/** Builds a dashboard that can be imported or provisioned, with the data source as a variable. */
export function dashboard(options: DashboardOptions): Dashboard {
  const choices = Object.keys(options.choices) as Choice[];
  const series = seriesWithin(choices);
  const builder = new DashboardBuilder(options.title)
    .uid(options.uid)
    .description(options.description)
    .tags([TAG])
    .readonly()
    .timezone("browser")
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: options.from ?? "now-6h", to: "now" })
    .refresh("1m")
    .variables([
      datasourceVariable(),
      labelVariable("job", options.of, []),
      labelVariable("instance", options.of, ["job"]),
      exporterVariable(),
      ...choices.map((choice) =>
        labelVariable(choice, options.choices[choice] ?? "", ["job", "instance"], options.within),
      ),
    ])
    .annotations(annotations(series))
    .link(
      new DashboardLinkBuilder("Heartbeat dashboards")
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    );
  for (const row of options.rows(series)) addRow(builder, row);
  return finished(builder.build());
}

function addRow(builder: DashboardBuilder, { title, collapsed = false, panels }: Row): void {
  if (title !== undefined) {
    const row = new RowBuilder(title).collapsed(collapsed);
    // Panels of an open row are its siblings, those of a collapsed row its children.
    for (const panel of collapsed ? panels : []) row.withPanel(panel);
    builder.withRow(row);
  }
  for (const panel of collapsed ? [] : panels) builder.withPanel(panel);
}

/**
 * Numbers the panels, and moves rows up by the height of the collapsed rows above them. Removes the SDK's placement of
 * links in a menu that older versions of Grafana do not have.
 */
function finished(built: Dashboard): Dashboard {
  let id = 0;
  let collapsedHeight = 0;
  const numbered = <T extends Panel | RowPanel>(panel: T): T => {
    const { gridPos } = panel;
    const place = gridPos === undefined ? {} : { gridPos: { ...gridPos, y: gridPos.y - collapsedHeight } };
    return { ...panel, ...place, id: ++id };
  };
  const panels = (built.panels ?? []).map((panel) => {
    const one = numbered(panel);
    if (!isRow(one)) return one;
    const inner = one.panels.map((child) => numbered(child));
    collapsedHeight += heightOf(inner);
    return { ...one, panels: inner };
  });
  return withoutPlacement({ ...built, panels });
}

function heightOf(panels: readonly Panel[]): number {
  const edges = panels.map(({ gridPos = { y: 0, h: 0 } }) => [gridPos.y, gridPos.y + gridPos.h] as const);
  if (edges.length === 0) return 0;
  return Math.max(...edges.map(([, bottom]) => bottom)) - Math.min(...edges.map(([top]) => top));
}

const isRow = (panel: Panel | RowPanel): panel is RowPanel => panel.type === "row";

/** Returns a copy without `placement: "inControlsMenu"` at any depth. */
const withoutPlacement = <T>(value: T): T =>
  JSON.parse(
    JSON.stringify(value, (key, inner: unknown) =>
      key === "placement" && inner === "inControlsMenu" ? undefined : inner,
    ),
  ) as T;
