import { rfc3339, type Timestamp, timestamp } from "../../core/units.ts";
import type { Span } from "../../report/build.ts";
import type { Alert } from "../../report/document.ts";
import type { PrometheusApi, Series } from "./prometheus-api.ts";

/** Alerts about targets, heartbeats and groups, and about the exporter: those of other things are not looked at. */
const ABOUT_US = ['target!=""', 'heartbeat!=""', 'alertname=~"Heartbeat.+"'] as const;

/** Labels that an alert's own columns show. */
const SHOWN = new Set(["__name__", "alertname", "alertstate", "severity", "target", "heartbeat"]);

/** The alerts that fired in a window, each from its first to its last evaluation. */
export async function prometheusAlerts(
  api: PrometheusApi,
  window: Span,
  step: number,
): Promise<readonly Alert[]> {
  const any = (name: string, more: string): string =>
    ABOUT_US.map((about) => {
      const one = `${name}{${more}${about}}`;
      return step > 15 ? `max_over_time(${one}[${step}s])` : one;
    }).join(" or ");
  const firing = await api.over(any("ALERTS", 'alertstate="firing",'), window, step);
  const since = await api.over(any("ALERTS_FOR_STATE", ""), window, step);
  return firing.flatMap((series) => {
    const active = since.find((other) => identity(other) === identity(series));
    return episodes(series, step, window.to).map(({ from, to }) => {
      const began = active?.points.findLast(([at]) => at <= from)?.[1];
      return alertOf(series, from, to, began === undefined ? undefined : timestamp(began));
    });
  });
}

/** An alert that no longer fires has no more samples. The last evaluation may be an interval before the window's end. */
function episodes(
  { points }: Series,
  step: number,
  end: Timestamp,
): readonly { from: Timestamp; to?: Timestamp }[] {
  const found: { from: Timestamp; to: Timestamp }[] = [];
  for (const [at] of points) {
    const last = found.at(-1);
    if (last !== undefined && at - last.to <= Math.max(step * 1.5, 2)) last.to = at;
    else found.push({ from: at, to: at });
  }
  return found.map(({ from, to }) => (end - to <= Math.max(step, 2) ? { from } : { from, to }));
}

function alertOf(
  { labels }: Series,
  from: Timestamp,
  to: Timestamp | undefined,
  active: Timestamp | undefined,
): Alert {
  const others = Object.entries(labels).filter(([name]) => !SHOWN.has(name));
  const about = others.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(" ");
  return {
    service_name: labels["target"] ?? labels["heartbeat"] ?? labels["group"] ?? labels["instance"] ?? "",
    alert_type: labels["alertname"] ?? "",
    severity: labels["severity"] ?? "",
    message: [active === undefined ? "" : `active since ${rfc3339(active)}`, about]
      .filter((part) => part !== "")
      .join(", "),
    triggered_at: rfc3339(from),
    resolved_at: to === undefined ? null : rfc3339(to),
  };
}

const identity = ({ labels: { __name__: _name, alertstate: _state, ...own } }: Series): string =>
  JSON.stringify(Object.entries(own).toSorted(([a], [b]) => (a < b ? -1 : 1)));
