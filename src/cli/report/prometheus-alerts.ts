import { rfc3339, type Timestamp, timestamp } from "../../core/units.ts";
import type { Alert } from "../../report/document.ts";
import type { Span } from "../../report/span.ts";
import type { PrometheusApi, Series } from "./prometheus-api.ts";

/** Matchers for the alerts about targets, heartbeats, groups and the exporter. */
const MATCHERS = ['target!=""', 'heartbeat!=""', 'alertname=~"Heartbeat.+"'] as const;

/** Labels with a field of their own in the report, left out of the message. */
const FIELD_LABELS = new Set(["__name__", "alertname", "alertstate", "severity", "target", "heartbeat"]);

/** Returns the alerts that fired in a window, each from its first to its last evaluation. */
export async function prometheusAlerts(
  api: PrometheusApi,
  window: Span,
  step: number,
): Promise<readonly Alert[]> {
  const query = (name: string, matchers: string): string =>
    MATCHERS.map((matcher) => {
      const one = `${name}{${matchers}${matcher}}`;
      return step > 15 ? `max_over_time(${one}[${step}s])` : one;
    }).join(" or ");
  const firing = await api.over(query("ALERTS", 'alertstate="firing",'), window, step);
  const activeTimes = await api.over(query("ALERTS_FOR_STATE", ""), window, step);
  return firing.flatMap((series) => {
    const active = activeTimes.find((other) => identity(other) === identity(series));
    return episodes(series, step, window.to).map(({ from, to }) => {
      const began = active?.points.findLast(([at]) => at <= from)?.[1];
      return alertOf(series, from, to, began === undefined ? undefined : timestamp(began));
    });
  });
}

/**
 * Splits the samples of an alert into the spans in which it fired: the samples stop when it stops firing. A span that
 * reaches the window's end, up to one step, is still open.
 */
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
  const others = Object.entries(labels).filter(([name]) => !FIELD_LABELS.has(name));
  const labelText = others.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(" ");
  return {
    service_name: labels["target"] ?? labels["heartbeat"] ?? labels["group"] ?? labels["instance"] ?? "",
    alert_type: labels["alertname"] ?? "",
    severity: labels["severity"] ?? "",
    message: [active === undefined ? "" : `active since ${rfc3339(active)}`, labelText]
      .filter((part) => part !== "")
      .join(", "),
    triggered_at: rfc3339(from),
    resolved_at: to === undefined ? null : rfc3339(to),
  };
}

/** Returns a key of the alert that `ALERTS` and `ALERTS_FOR_STATE` have in common. */
const identity = ({ labels: { __name__: _name, alertstate: _state, ...own } }: Series): string =>
  JSON.stringify(Object.entries(own).toSorted(([a], [b]) => (a < b ? -1 : 1)));
