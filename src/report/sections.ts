import { formatDuration, seconds } from "../core/units.ts";
import type { Report, Service } from "./document.ts";

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
  const { summary, services, response_times, alerts, slos, critical_services } = report;
  return [
    section("Summary", SUMMARY, [
      [
        String(summary.total_services),
        String(summary.healthy_services),
        String(summary.unhealthy_services),
        String(summary.unknown_services),
        String(summary.critical_unhealthy),
        summary.health_percentage === null ? "-" : `${summary.health_percentage} %`,
      ],
    ]),
    section("Services", SERVICES, services.map(serviceRow), "no targets"),
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

const SUMMARY = ["total>", "healthy>", "unhealthy>", "unknown>", "critical_unhealthy>", "health_percentage>"];
const SERVICES = [
  "service_name",
  "current_status",
  "critical",
  "uptime_percentage>",
  "consecutive_failures>",
  "last_healthy",
  "last_updated",
];
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

/** Formats a percentage. Rounds down, so that one failure in a million does not read as 100 %. */
const percent = (value: number | null): string =>
  value === null ? "-" : `${(Math.floor(value * 1000 + 1e-6) / 1000).toFixed(3).replace(/\.?0+$/, "")} %`;

/** Formats a response time. */
const time = (value: number | null): string => (value === null ? "-" : `${Number(value.toFixed(3))} s`);

/** Formats a time to recovery. */
const length = (value: number | null): string =>
  value === null ? "-" : formatDuration(seconds(Math.round(value)));

const FORM = { availability: percent, response_time: time, mttr: length } as const;
