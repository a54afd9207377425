import { formatDuration, seconds } from "../core/units.ts";
import type { Component, Counts, Heartbeat, Report, Service, Summary } from "./document.ts";

/** A table in a rendered report. */
export interface Section {
  readonly title: string;
  /** Headings; numbers are aligned right. */
  readonly columns: readonly { readonly name: string; readonly align: "left" | "right" }[];
  readonly rows: readonly (readonly string[])[];
  /** Text in place of a table without rows. */
  readonly empty: string;
}

/** Returns the tables of a report, the same for each rendering. */
export function sectionsOf(report: Report): readonly Section[] {
  const { summary, services, heartbeats, components } = report;
  const { response_times, alerts, slos, critical_services } = report;
  return [
    section("Summary", SUMMARY, summaryRows(summary)),
    section("Services", SERVICES, services.map(serviceRow), "no targets"),
    section("Heartbeats", HEARTBEATS, heartbeats.map(heartbeatRow), "no heartbeats"),
    section("Components", COMPONENTS, components.map(componentRow), "no components"),
    section(
      "Response times",
      TIMES,
      response_times.map((one) => [
        one.service_name,
        time(one.avg_response_time),
        time(one.p95_response_time),
        time(one.max_response_time),
        String(one.checks_count),
      ]),
      "no targets",
    ),
    section(
      "Service level objectives",
      SLOS,
      slos.map(({ service_name, metric, objective, measured, met }) => [
        service_name,
        metric,
        `${metric === "availability" ? ">=" : "<"} ${FORM[metric](objective)}`,
        FORM[metric](measured),
        met === null ? "no data" : met ? "met" : "missed",
      ]),
      "no targets",
    ),
    section("Critical services", SERVICES, critical_services.map(serviceRow), "no critical targets"),
    section(
      "Alert history",
      ALERTS,
      alerts.map((alert) => [
        alert.triggered_at,
        alert.resolved_at ?? "firing",
        alert.severity,
        alert.alert_type,
        alert.service_name,
        alert.message,
      ]),
      "none in this window",
    ),
  ];
}

/** Returns the counts of each kind, and of everything. */
function summaryRows(summary: Summary): readonly (readonly string[])[] {
  const services: Counts = {
    total: summary.total_services,
    healthy: summary.healthy_services,
    unhealthy: summary.unhealthy_services,
    unknown: summary.unknown_services,
    critical_unhealthy: summary.critical_unhealthy,
    health_percentage: summary.health_percentage,
  };
  const kinds = {
    services,
    heartbeats: summary.heartbeats,
    components: summary.components,
    all: summary.all,
  };
  return Object.entries(kinds).map(([kind, counts]) => [
    kind,
    String(counts.total),
    String(counts.healthy),
    String(counts.unhealthy),
    String(counts.unknown),
    String(counts.critical_unhealthy),
    counts.health_percentage === null ? "-" : `${counts.health_percentage} %`,
  ]);
}

const SUMMARY = [
  "kind",
  "total>",
  "healthy>",
  "unhealthy>",
  "unknown>",
  "critical_unhealthy>",
  "health_percentage>",
];
const SERVICES = [
  "service_name",
  "current_status",
  "critical",
  "uptime_percentage>",
  "consecutive_failures>",
  "last_healthy",
  "last_updated",
];
const HEARTBEATS = [
  "heartbeat_name",
  "current_status",
  "kind",
  "source",
  "critical",
  "last_seen",
  "timeout>",
  "uptime_percentage>",
  "outages>",
  "next_expected",
  "owner",
  "hostname",
];
const COMPONENTS = ["component_name", "current_status", "critical", "group", "last_report", "message"];
const TIMES = [
  "service_name",
  "avg_response_time>",
  "p95_response_time>",
  "max_response_time>",
  "checks_count>",
];
const SLOS = ["service_name", "metric", "objective>", "measured>", "result"];
const ALERTS = ["triggered_at", "resolved_at", "severity", "alert_type", "service_name", "message"];

/** @param headings a trailing `>` aligns the column right */
const section = (
  title: string,
  headings: readonly string[],
  rows: Section["rows"],
  empty = "nothing",
): Section => ({
  title,
  columns: headings.map((heading) => ({
    name: heading.replace(/>$/, ""),
    align: heading.endsWith(">") ? "right" : "left",
  })),
  rows,
  empty,
});

const serviceRow = (one: Service): readonly string[] => [
  one.service_name,
  one.current_status,
  one.critical ? "yes" : "no",
  percent(one.uptime_percentage),
  String(one.consecutive_failures),
  one.last_healthy ?? "never",
  one.last_updated ?? "never",
];

const heartbeatRow = (one: Heartbeat): readonly string[] => [
  one.heartbeat_name,
  one.current_status,
  one.kind,
  one.source,
  one.critical ? "yes" : "no",
  one.last_seen ?? "never",
  one.timeout_seconds === null ? "-" : formatDuration(seconds(one.timeout_seconds)),
  percent(one.uptime_percentage),
  one.outages === null ? "-" : String(one.outages),
  one.next_expected ?? "-",
  one.owner ?? "-",
  one.hostname ?? "-",
];

const componentRow = (one: Component): readonly string[] => [
  one.component_name,
  one.current_status,
  one.critical ? "yes" : "no",
  one.group ?? "-",
  one.last_report ?? "never",
  one.message ?? "-",
];

/** Formats a percentage. Rounds down, so that one failure in a million does not read as 100 %. */
const percent = (value: number | null): string =>
  value === null ? "-" : `${(Math.floor(value * 1000 + 1e-6) / 1000).toFixed(3).replace(/\.?0+$/, "")} %`;

/** Formats a response time. */
const time = (value: number | null): string => (value === null ? "-" : `${Number(value.toFixed(3))} s`);

/** Formats a time to recovery. */
const length = (value: number | null): string =>
  value === null ? "-" : formatDuration(seconds(Math.round(value)));

const FORM = { availability: percent, response_time: time, mttr: length } as const;
