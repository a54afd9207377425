import { formatDuration, seconds } from "../core/units.ts";
import type { Report, Service } from "./document.ts";

/** A table of a report for people. */
export interface Section {
  readonly title: string;
  /** Headings; those of numbers stand to the right. */
  readonly columns: readonly { readonly name: string; readonly align: "left" | "right" }[];
  readonly rows: readonly (readonly string[])[];
  /** What stands there instead of a table without rows. */
  readonly empty: string;
}

/** The tables of a report, in their order; every form for people shows the same. */
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
    section("Services", SERVICES, services.map(serviceRow), "no target is known"),
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
      "no target is known",
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
      "no target is known",
    ),
    section("Critical services", SERVICES, critical_services.map(serviceRow), "no target is critical"),
    section(
      "Alert history",
      ALERTS,
      alerts.map((alert) => [
        alert.triggered_at,
        alert.resolved_at ?? "still",
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

/** @param headings those that end in `>` stand to the right */
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

/** Cut, not rounded: one failure in a million must not read as 100 %. */
const percent = (value: number | null): string =>
  value === null ? "-" : `${(Math.floor(value * 1000 + 1e-6) / 1000).toFixed(3).replace(/\.?0+$/, "")} %`;

/** Seconds of an answer. */
const time = (value: number | null): string => (value === null ? "-" : `${Number(value.toFixed(3))} s`);

/** How long people take. */
const length = (value: number | null): string =>
  value === null ? "-" : formatDuration(seconds(Math.round(value)));

const FORM = { availability: percent, response_time: time, mttr: length } as const;
