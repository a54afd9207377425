import { defined } from "../../core/defined.ts";
import { HEARTBEAT_SOURCES } from "../../core/heartbeat.ts";
import type { TargetStatus } from "../../core/status.ts";
import { seconds, type Timestamp, timestamp } from "../../core/units.ts";
import type { BeatFacts, ComponentFacts } from "../../report/reporters.ts";
import type { PrometheusApi, Series } from "./prometheus-api.ts";

/** Settings of the queries. */
interface Selection {
  /** Label matchers for all series; may be empty. */
  readonly matchers: string;
  /** The window as a range: `[60000ms]`. */
  readonly range: string;
  readonly at: Timestamp;
}

/** Reads the heartbeats of a window from a Prometheus. If exporters disagree about one, the worst counts. */
export async function prometheusBeats(
  api: PrometheusApi,
  { matchers, range, at }: Selection,
): Promise<readonly BeatFacts[]> {
  const by = "by (heartbeat, source)";
  const of = (name: string): string => `${name}{${matchers}}`;
  const query = (expression: string): Promise<readonly Series[]> => api.at(expression, at);
  const infos = await query(
    `max by (heartbeat, source, kind, hostname, owner) (last_over_time(${of("heartbeat_info")}${range}))`,
  );
  if (infos.length === 0) return [];
  const values = {
    up: await query(`min ${by} (${of("heartbeat_up")})`),
    lastSeen: await query(
      `max ${by} (last_over_time(${of("heartbeat_last_seen_timestamp_seconds")}${range}))`,
    ),
    timeout: await query(`max ${by} (${of("heartbeat_timeout_seconds")})`),
    next: await query(`max ${by} (${of("heartbeat_next_expected_timestamp_seconds")})`),
    ratio: await query(`min ${by} (avg_over_time(${of("heartbeat_up")}${range}))`),
    outages: await query(`max ${by} (resets(${of("heartbeat_up")}${range}))`),
  };
  const found = new Map(infos.map((series) => [keyOf(series), series.labels]));
  return Array.from(found, ([key, labels]): BeatFacts => {
    const value = (from: readonly Series[]): number | undefined => valueOf(from, (one) => keyOf(one) === key);
    const [up, ratio] = [value(values.up), value(values.ratio)];
    const [lastSeen, next, timeout] = [value(values.lastSeen), value(values.next), value(values.timeout)];
    return {
      name: labels["heartbeat"] ?? "",
      source: HEARTBEAT_SOURCES.find((source) => source === labels["source"]) ?? "push",
      kind: labels["kind"] ?? "",
      // The series do not say it.
      critical: false,
      status: up === undefined ? "unknown" : up === 1 ? "healthy" : "unhealthy",
      ...defined({
        hostname: textOf(labels["hostname"]),
        owner: textOf(labels["owner"]),
        lastSeen: lastSeen === undefined ? undefined : timestamp(lastSeen),
        nextExpected: next === undefined ? undefined : timestamp(next),
        timeout: timeout === undefined ? undefined : seconds(timeout),
      }),
      ...(ratio === undefined
        ? {}
        : { uptime: { kind: "ratio", ratio, outages: value(values.outages) ?? 0 } as const }),
    };
  });
}

/** Reads the components from a Prometheus, as of the end of the window. */
export async function prometheusComponents(
  api: PrometheusApi,
  { matchers, at }: Selection,
): Promise<readonly ComponentFacts[]> {
  const infos = await api.at(
    `max by (component, critical, group) (heartbeat_component_info{${matchers}})`,
    at,
  );
  if (infos.length === 0) return [];
  const statuses = await api.at(
    `max by (component, status) (heartbeat_component_status{${matchers}} == 1)`,
    at,
  );
  const reports = await api.at(
    `max by (component) (heartbeat_component_last_report_timestamp_seconds{${matchers}})`,
    at,
  );
  return infos.map(({ labels }) => {
    const name = labels["component"] ?? "";
    const own = new Set(
      statuses.filter((one) => one.labels["component"] === name).map((one) => one.labels["status"]),
    );
    const lastReport = valueOf(reports, (one) => one.labels["component"] === name);
    return {
      name,
      critical: labels["critical"] === "true",
      status: WORST_FIRST.find((status) => own.has(status)) ?? "unknown",
      ...defined({
        group: textOf(labels["group"]),
        lastReport: lastReport === undefined ? undefined : timestamp(lastReport),
      }),
    };
  });
}

/** If exporters disagree, the worst status counts. */
const WORST_FIRST: readonly TargetStatus[] = ["unhealthy", "unknown", "degraded", "healthy"];

const keyOf = ({ labels }: Series): string => JSON.stringify([labels["heartbeat"], labels["source"]]);

const textOf = (label: string | undefined): string | undefined => (label === "" ? undefined : label);

function valueOf(from: readonly Series[], is: (series: Series) => boolean): number | undefined {
  const found = from.find(is)?.points[0]?.[1];
  return found === undefined || Number.isNaN(found) ? undefined : found;
}
