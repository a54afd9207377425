import { namedBeat } from "../beats.ts";
import { ROW_LINK, withPage } from "../links.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { table } from "../panels/table.ts";
import { type Series, union, withLabel, withLabels } from "../promql.ts";
import { withFacts } from "../targets.ts";
import { firing, withSubject } from "./alerts.ts";

const LABELS = "name, change, page, target, heartbeat";

/**
 * Builds the table of what changed in the last hour, the newest first. Prometheus knows no events: a change is the last
 * moment, to the minute, at which a thing had its other state.
 */
export function changes(series: Series): PanelBuilder {
  return table({
    title: "Changed in the last hour",
    description:
      "What went down, recovered, failed over, restarted, got another configuration or leader, and which alerts ended, the newest first; to the minute. Does not depend on the selected time range.",
    width: 9,
    height: 7,
    none: "no change",
    rows: {
      name: { title: "What", width: 170, links: [ROW_LINK] },
      change: { title: "Change", width: 190 },
    },
    hidden: ["page", "target", "heartbeat"],
    order: ["When", "What", "Change"],
    sort: { column: "When", descending: true },
    columns: [
      {
        title: "When",
        unit: "dateTimeFromNow",
        expr: `1000 * max by (${LABELS}) (\n${union(...targets(series), ...heartbeats(series), ...exporters(series), alerts())}\n)`,
      },
    ],
  });
}

/** Returns when a condition last held within the hour. */
const last = (condition: string): string => `max_over_time(timestamp(${condition})[1h:1m])`;

const changed = (expr: string, change: string): string => withLabel(namedBeat(expr), "change", change);

function targets(series: Series): readonly string[] {
  const healthy = series("heartbeat_target_healthy");
  const fallback = series("heartbeat_current_mode", 'mode="fallback"');
  const kind = (expr: string): string =>
    withPage(withFacts(series, `max by (target, module, change) (${expr})`));
  return [
    kind(changed(`(${last(`${healthy} == 1`)} and ${healthy} == 0)`, "went down")),
    kind(changed(`(${last(`${healthy} == 0`)} and ${healthy} == 1)`, "recovered")),
    kind(
      changed(
        `(${series("heartbeat_mode_since_timestamp_seconds")} > time() - 3600 and on (job, instance, target, module) ${fallback} == 1)`,
        "switched to fallback",
      ),
    ),
  ];
}

function heartbeats(series: Series): readonly string[] {
  const up = series("heartbeat_up");
  const page = (expr: string): string =>
    withLabels(expr, [
      ["page", "heartbeat-heartbeats"],
      ["page", "heartbeat-log", "source", "log"],
    ]);
  return [
    page(changed(`(${last(`${up} == 1`)} and ${up} == 0)`, "went down")),
    page(changed(`(${last(`${up} == 0`)} and ${up} == 1)`, "came back")),
  ];
}

function exporters(series: Series): readonly string[] {
  const start = series("process_start_time_seconds");
  const loaded = series("heartbeat_exporter_config_last_reload_success_timestamp_seconds");
  const leader = series("heartbeat_exporter_leader");
  const page = (expr: string, uid: string): string => withLabel(expr, "page", uid);
  return [
    page(
      changed(
        `(${start} > time() - 3600 and on (job, instance) ${series("heartbeat_exporter_build_info")})`,
        "exporter started",
      ),
      "heartbeat-exporter",
    ),
    page(
      changed(
        `(${loaded} > time() - 3600 and on (job, instance) ${loaded} - on (job, instance) ${start} > 60)`,
        "loaded its configuration",
      ),
      "heartbeat-exporter",
    ),
    page(changed(`(${last(`${leader} == 0`)} and ${leader} == 1)`, "became leader"), "heartbeat-fleet"),
  ];
}

/** Returns when alerts ended. */
const alerts = (): string =>
  withLabels(withSubject(`(${last(firing('!="none"'))} unless ${firing('!="none"')})`), [
    ["change", "$1 ended", "alertname", "(.*)"],
    ["page", "heartbeat-overview"],
  ]);
