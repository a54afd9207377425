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
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DATASOURCE, type PanelBuilder } from "./panel.ts";
import { type Choice, type Series, seriesWithin } from "./promql.ts";

/** By this tag the dashboards find each other. */
const TAG = "heartbeat-exporter";

/** Where the pages about the alerts are; each is named by its alert. */
export const RUNBOOKS = "https://example.com/heartbeat-exporter/docs/runbooks";

/** A row of panels under a title. */
export interface Row {
  readonly title: string;
  /** Folded away until somebody wants to see it. */
  readonly collapsed?: boolean;
  readonly panels: readonly PanelBuilder[];
}

/** A dashboard before it is built. */
export interface DashboardOptions {
  /** Stable for ever: links and provisioning know the dashboard by it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** The metric whose jobs and instances are offered. */
  readonly of: string;
  /** What else can be chosen, with the metric whose values of that label are offered. */
  readonly choices: Readonly<Partial<Record<Choice, string>>>;
  readonly from?: string;
  readonly rows: (series: Series) => readonly Row[];
}

/** Builds a dashboard: to import by hand and to provision, with whatever Prometheus is chosen on it. */
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
  // Panels of an open row are its neighbours, those of a folded one its children.
  for (const panel of collapsed ? panels : []) row.withPanel(panel);
  builder.withRow(row);
  for (const panel of collapsed ? [] : panels) builder.withPanel(panel);
}

/** Choosing all means everything, also series without the label, such as those of `/probe`. */
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

/** Numbers the panels, folds the rows, and takes out where the SDK would hide links: in a menu that older versions of Grafana lack. */
function finished(built: Dashboard): Dashboard {
  let id = 0;
  let folded = 0;
  const numbered = <T extends Panel | RowPanel>(panel: T): T => {
    const { gridPos } = panel;
    const place = gridPos === undefined ? {} : { gridPos: { ...gridPos, y: gridPos.y - folded } };
    return { ...panel, ...place, id: ++id };
  };
  const panels = (built.panels ?? []).map((panel) => {
    const one = numbered(panel);
    if (!isRow(one)) return one;
    const inner = one.panels.map((child) => numbered(child));
    // What is folded takes no place: the next row comes right below.
    folded += heightOf(inner);
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

/** A copy without any key `placement` in it, however deep. */
const withoutPlacement = <T>(value: T): T =>
  JSON.parse(
    JSON.stringify(value, (key, inner: unknown) =>
      key === "placement" && inner === "inControlsMenu" ? undefined : inner,
    ),
  ) as T;
