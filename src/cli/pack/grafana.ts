import { stringify } from "yaml";

/** The forms in which dashboards are written. */
export const GRAFANA_FORMS = ["import", "provision", "configmap"] as const;

/** The form of dashboards: for import by hand, for provisioning from a folder, or as ConfigMaps for Grafana's sidecar. */
export type GrafanaForm = (typeof GRAFANA_FORMS)[number];

/** The oldest version of Grafana whose provisioning files have all fields of the alert rules. */
export const OLDEST_GRAFANA = "12.2.0";

/** The placeholder that Grafana replaces by the data source chosen during an import. */
const INPUT = "DS_PROMETHEUS";

interface Panel {
  readonly type: string;
  readonly panels?: readonly Panel[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly type: string }[] };
}

const NAMES: Readonly<Record<string, string>> = {
  bargauge: "Bar gauge",
  heatmap: "Heatmap",
  stat: "Stat",
  "state-timeline": "State timeline",
  table: "Table",
  text: "Text",
  timeseries: "Time series",
};

/**
 * Returns a dashboard for import by hand and for grafana.com: the import asks for the data source, which the dashboard's variable
 * then has as its value.
 * @param json the dashboard as it is provisioned
 */
export function importable(json: string): string {
  const dashboard = JSON.parse(json) as Dashboard;
  const chosen = { selected: false, text: `\${${INPUT}}`, value: `\${${INPUT}}` };
  const list = dashboard.templating.list.map((variable) =>
    variable.type === "datasource" ? { ...variable, current: chosen } : variable,
  );
  const content = {
    __inputs: [
      {
        name: INPUT,
        label: "Prometheus",
        description: "The Prometheus that scrapes heartbeat-exporter.",
        type: "datasource",
        pluginId: "prometheus",
        pluginName: "Prometheus",
      },
    ],
    __requires: [
      { type: "grafana", id: "grafana", name: "Grafana", version: OLDEST_GRAFANA },
      { type: "datasource", id: "prometheus", name: "Prometheus", version: "" },
      ...[...new Set(typesOf(dashboard.panels))]
        .toSorted()
        .map((id) => ({ type: "panel", id, name: NAMES[id] ?? id, version: "" })),
    ],
    ...dashboard,
    id: null,
    templating: { ...dashboard.templating, list },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

const typesOf = (panels: readonly Panel[]): readonly string[] =>
  panels.flatMap(({ type, panels: inner = [] }) => (type === "row" ? typesOf(inner) : [type]));

/**
 * Returns one ConfigMap per dashboard, with the label that the sidecar of Grafana's Helm chart selects.
 * @param dashboards JSON by name, such as `overview`
 * @param labels more labels of each
 * @param header comment before each
 */
export const configMaps = (
  dashboards: ReadonlyMap<string, string>,
  labels: Readonly<Record<string, string>>,
  header: string,
): string =>
  [...dashboards]
    .map(([name, json]) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: `heartbeat-dashboard-${name}`,
        labels: { ...labels, grafana_dashboard: "1" },
        annotations: { grafana_folder: "Heartbeat" },
      },
      data: { [`heartbeat-${name}.json`]: `${JSON.stringify(JSON.parse(json))}\n` },
    }))
    .map((map) => `${header}${stringify(map, { lineWidth: 0 })}`)
    .join("---\n");
