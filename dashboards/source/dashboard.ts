import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  type RowPanel,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DATASOURCE, type PanelBuilder } from "./panel.ts";
import { type Choice, type Series, seriesWithin } from "./promql.ts";

/** The tag by which the dashboards link to each other. */
const TAG = "heartbeat-exporter";

/** The URL of the runbooks, which the exporter serves; each is named after its alert. */
export const RUNBOOKS = "${exporter:raw}/runbooks";

/** A row of panels under a title. */
export interface Row {
  readonly title: string;
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
      new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"),
      variable("job", options.of, []),
      variable("instance", options.of, ["job"]),
      exporterVariable(),
      ...choices.map((choice) => variable(choice, options.choices[choice] ?? "", ["job", "instance"])),
    ])
    .annotations([alertAnnotation(), restartAnnotation(series)])
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
  const row = new RowBuilder(title).collapsed(collapsed);
  // Panels of an open row are its siblings, those of a collapsed row its children.
  for (const panel of collapsed ? panels : []) row.withPanel(panel);
  builder.withRow(row);
  for (const panel of collapsed ? [] : panels) builder.withPanel(panel);
}

/** The values of All. The default `.*` includes series without the label, such as those of `/probe`. */
const ALL: Readonly<Record<string, string>> = { job: ".+", instance: ".+" };

function variable(label: string, metric: string, within: readonly string[]): QueryVariableBuilder {
  const matchers = within.map((other) => `${other}=~"$${other}"`).join(", ");
  const query = `label_values(${metric}${matchers === "" ? "" : `{${matchers}}`}, ${label})`;
  return new QueryVariableBuilder(label)
    .label(label)
    .datasource(DATASOURCE)
    .query({ qryType: 1, query, refId: "PrometheusVariableQueryEditor-VariableQuery" })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc) // oxlint-disable-line unicorn/no-array-sort -- a builder is no array
    .multi(true)
    .includeAll(true)
    .allValue(ALL[label] ?? ".*")
    .current({ selected: true, text: ["All"], value: ["$__all"] });
}

/** The hidden variable with the URL of an exporter, for links. */
function exporterVariable(): QueryVariableBuilder {
  const query = "label_values(heartbeat_exporter_url_info, url)";
  return new QueryVariableBuilder("exporter")
    .hide(VariableHide.HideVariable)
    .datasource(DATASOURCE)
    .query({ qryType: 1, query, refId: "PrometheusVariableQueryEditor-VariableQuery" })
    .definition(query)
    .refresh(VariableRefresh.OnDashboardLoad);
}

const alertAnnotation = (): AnnotationQueryBuilder =>
  new AnnotationQueryBuilder()
    .name("Alerts")
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor("red")
    .expr(`ALERTS{alertname=~"Heartbeat.+", alertstate="firing", job=~"$job|"}`)
    .titleFormat("{{alertname}}")
    .textFormat("{{target}}{{heartbeat}} {{severity}}")
    .tagKeys("severity")
    .step("60s");

const restartAnnotation = (series: Series): AnnotationQueryBuilder =>
  new AnnotationQueryBuilder()
    .name("Restarts of the exporter")
    .datasource(DATASOURCE)
    .enable(false)
    .iconColor("blue")
    .expr(`changes(${series("process_start_time_seconds")}[$__rate_interval]) > 0`)
    .titleFormat("restart")
    .textFormat("{{instance}}");

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
