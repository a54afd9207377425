import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DATASOURCE } from "./panels/options.ts";

/** Builds the variable of the data source. Without a current value Grafana would choose the first one by name. */
export const datasourceVariable = (): DatasourceVariableBuilder =>
  new DatasourceVariableBuilder("datasource")
    .label("Data source")
    .type("prometheus")
    .current({ selected: true, text: "default", value: "default" });

/** The values of All. The default `.*` includes series without the label, such as those of `/probe`. */
const ALL: Readonly<Record<string, string>> = { job: ".+", instance: ".+" };

/**
 * Builds a variable with the values of a label.
 * @param metric provides the values
 * @param within variables that restrict them
 * @param matching matchers that restrict them as well
 */
export function labelVariable(
  label: string,
  metric: string,
  within: readonly string[],
  matching?: string,
): QueryVariableBuilder {
  const matchers = [
    ...within.map((other) => `${other}=~"$${other}"`),
    ...(matching === undefined ? [] : [matching]),
  ].join(", ");
  const query = `label_values(${metric}${matchers === "" ? "" : `{${matchers}}`}, ${label})`;
  return new QueryVariableBuilder(label)
    .label(`${label.charAt(0).toUpperCase()}${label.slice(1)}`)
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

/** Builds the hidden variable with the URL of an exporter, for links to its runbooks. */
export function exporterVariable(): QueryVariableBuilder {
  const query = "label_values(heartbeat_exporter_url_info, url)";
  return new QueryVariableBuilder("exporter")
    .label("Exporter")
    .hide(VariableHide.HideVariable)
    .datasource(DATASOURCE)
    .query({ qryType: 1, query, refId: "PrometheusVariableQueryEditor-VariableQuery" })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged);
}
