import { withLabels } from "./promql.ts";

/** A link. Title and URL may contain Grafana's variables. */
export interface Link {
  readonly title: string;
  readonly url: string;
}

/** The URL of the runbooks, which the exporter serves; each is named after its alert. */
export const RUNBOOKS = "${exporter:raw}/runbooks";

/** What a link to a dashboard passes on: the data source, the exporters and the time range. */
const CONTEXT = "var-datasource=${datasource}&${job:queryparam}&${instance:queryparam}&${__url_time_range}";

/**
 * Returns a link to a dashboard of this project.
 * @param uid may be a variable of Grafana
 * @param variables values of further variables of that dashboard
 */
export function dashboardLink(
  title: string,
  uid: string,
  variables: Readonly<Record<string, string>> = {},
): Link {
  const chosen = Object.entries(variables).map(([name, value]) => `var-${name}=${value}`);
  return { title, url: `/d/${uid}?${[...chosen, CONTEXT].join("&")}` };
}

/** The dashboard of each kind of target. Other kinds, such as those of plugins, have the one of objectives. */
const PAGES: Readonly<Record<string, string>> = {
  http: "heartbeat-http",
  llm: "heartbeat-llm",
  heartbeat_log: "heartbeat-log",
  kubernetes_lease: "heartbeat-heartbeats",
  tcp: "heartbeat-network",
  unix: "heartbeat-network",
  dns: "heartbeat-network",
  icmp: "heartbeat-network",
  grpc: "heartbeat-network",
  websocket: "heartbeat-network",
};

/** Adds the label `page`, the uid of the dashboard of the thing's kind, from its label `kind`. */
export const withPage = (expr: string, otherwise = "heartbeat-slo"): string =>
  withLabels(expr, [
    ["page", otherwise],
    ...Object.entries(PAGES).map(([kind, uid]) => ["page", uid, "kind", kind] as const),
  ]);

/** The link of a tile with the labels `page`, `target` and `heartbeat`. */
export const TILE_LINK = dashboardLink("Details of ${__field.labels.name}", "${__field.labels.page}", {
  target: "${__field.labels.target}",
  heartbeat: "${__field.labels.heartbeat}",
});

/** The link of a row of a table with the labels `page`, `target` and `heartbeat`. */
export const ROW_LINK = dashboardLink("Details of ${__data.fields.name}", "${__data.fields.page}", {
  target: "${__data.fields.target}",
  heartbeat: "${__data.fields.heartbeat}",
});

/**
 * Returns the link from a row of a table to the runbook of an alert.
 * @param label the label with the name of the alert
 */
export const runbookLink = (label: string): Link => ({
  title: `Runbook of \${__data.fields.${label}}`,
  url: `${RUNBOOKS}/\${__data.fields.${label}}`,
});
