import { AnnotationQueryBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { knownExporters } from "./exporters.ts";
import { DATASOURCE } from "./panels/options.ts";
import type { Series } from "./promql.ts";

const CRITICAL = 'ALERTS{alertname=~"Heartbeat.+", severity="critical", alertstate="firing", job=~"$job|"}';

/**
 * Builds the annotations of all dashboards. Each one marks a moment: for a series that stays, Grafana would shade the
 * whole graph.
 */
export const annotations = (series: Series): AnnotationQueryBuilder[] => [
  annotation("Critical alerts", "red")
    .enable(true)
    .expr(`${CRITICAL}\nunless ${CRITICAL} offset 1m`)
    .titleFormat("{{alertname}}")
    .textFormat("{{target}}{{heartbeat}}{{component}}{{group}}")
    .tagKeys("severity"),
  annotation("Exporter down", "dark-red")
    .enable(true)
    .expr(
      `(${knownExporters(series, series("up"))}) == 0\nunless on (job, instance) ${series("up")} offset 1m == 0`,
    )
    .titleFormat("exporter down")
    .textFormat("{{instance}}"),
  annotation("Restarts of the exporter", "blue")
    .enable(false)
    .expr(
      `1000 * ${series("process_start_time_seconds")}\nand on (job, instance) ${series("heartbeat_exporter_build_info")}`,
    )
    .useValueForTime(true)
    .titleFormat("restart")
    .textFormat("{{instance}}"),
];

const annotation = (name: string, color: string): AnnotationQueryBuilder =>
  new AnnotationQueryBuilder().name(name).datasource(DATASOURCE).iconColor(color).step("60s");
