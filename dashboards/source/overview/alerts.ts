import { withFile } from "../beats.ts";
import { dashboardLink, runbookLink } from "../links.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { stat } from "../panels/stat.ts";
import { table } from "../panels/table.ts";
import { type Series, union, withLabel, withLabels } from "../promql.ts";
import { GREY, SEVERITIES } from "../states.ts";
import { lastReason } from "../targets.ts";

const FIRING = 'alertname=~"Heartbeat.+", job=~"$job|", instance=~"$instance|"';

/** An alert that always fires, as long as the rules are evaluated. */
const WATCHDOG =
  'ALERTS{alertname="HeartbeatWatchdog", alertstate="firing", job=~"$job|", instance=~"$instance|"}';

/** Adds the label `name`: what an alert is about, and `owner`: whom it concerns. */
export const withSubject = (expr: string): string => {
  const subject = withLabels(expr, [
    ["name", "exporter"],
    ["name", "$1", "instance", "(.+)"],
    ["name", "group $1", "group", "(.+)"],
    ["name", "relay $1", "relay", "(.+)"],
    ["name", "action $1", "action", "(.+)"],
    ["name", "component $1", "component", "(.+)"],
    ["name", "$1", "heartbeat", "(.+)"],
    ["name", "$1", "target", "(.+)"],
  ]);
  return withLabel(withFile(subject), "owner", "$1", "team", "(.+)");
};

/** Returns alerts with these severities. */
export const firing = (severity: string, metric = "ALERTS"): string =>
  `${metric}{${FIRING}, ${metric === "ALERTS" ? 'alertstate="firing", ' : ""}severity${severity}}`;

const LABELS = "alertname, severity, name, target, owner";

/** Adds the label `reason` to alerts about targets that fail. */
const withReason = (series: Series, expr: string): string =>
  `${expr}\n* on (target) group_left (reason) ${lastReason(series, "target")}\nor ignoring (reason) ${expr}`;

/** Builds the tile that tells whether rules are evaluated at all: without them no alert fires. */
export const alertingTile = (): PanelBuilder =>
  stat({
    title: "Alerting",
    description:
      "Whether Prometheus evaluates the rules of rules/: its watchdog alert always fires. Grey: it does not, so that an empty list of alerts means nothing.",
    unit: "none",
    width: 3,
    height: 7,
    none: "no rules loaded",
    states: [{ name: "works", code: 1, color: "blue" }],
    links: [dashboardLink("Exporter", "heartbeat-exporter")],
    query: { expr: `group(${WATCHDOG})`, legend: "alerting" },
  });

/** Builds the table of alerts that fire, by severity. */
export function firingAlerts(series: Series): PanelBuilder {
  // What is wrong with an exporter comes first, because it explains the rest.
  const ofExporter = `4 * (${firing('="critical", alertname=~"HeartbeatExporter.+"')})`;
  const bySeverity = SEVERITIES.map(({ name, code }) => `${code} * (${firing(`="${name}"`)})`);
  const since = `1000 * ${firing('!="none"', "ALERTS_FOR_STATE")}\n  and ignoring (alertstate) ${firing('!="none"')}`;
  const rows = (expr: string): string =>
    `max by (${LABELS}, reason) (\n${withReason(series, `max by (${LABELS}) (${withSubject(expr)})`)}\n)`;
  return table({
    title: "Firing alerts",
    description:
      "Alerts that fire now, the most severe first: what each one is about, why, since when and whom it concerns. Click an alert for its runbook, which says what to do.",
    width: 12,
    height: 7,
    none: "no alert is firing",
    noneColor: "green",
    when: { expr: WATCHDOG, otherwise: "no rules loaded" },
    rows: {
      name: { title: "Of", width: 150 },
      alertname: { title: "Alert (runbook)", width: 220, links: [runbookLink("alertname")] },
      reason: { title: "Why", width: 110 },
      owner: { title: "Owner" },
    },
    hidden: ["severity", "target"],
    order: ["Severity", "Of", "Alert (runbook)", "Why", "Since", "Owner"],
    sort: { column: "Severity", descending: true },
    columns: [
      {
        title: "Severity",
        unit: "none",
        width: 80,
        states: [
          { name: "exporter", code: 4, color: "red", text: "critical" },
          ...SEVERITIES,
          { name: "other", code: 0, color: GREY },
        ],
        expr: rows(union(ofExporter, ...bySeverity, `0 * (${firing('!~"critical|warning|info|none"')})`)),
      },
      { title: "Since", unit: "dateTimeFromNow", width: 110, expr: rows(since) },
    ],
  });
}
