import { readsOf } from "./promql.ts";

/**
 * Metrics that an exporter shows only where something is configured or has happened, with what that is. A query that
 * asks for one of them is rightly empty where it has not.
 */
const ONLY_WITH: readonly (readonly [metrics: RegExp, what: string])[] = [
  [/^ALERTS$/, "rules are loaded, and one fires"],
  [/^heartbeat_group_/, "groups"],
  [
    /^heartbeat_(last_seen|timeout|up|info|pings|failed|last_duration|running_since|maintenance)(_|$)/,
    "heartbeats",
  ],
  [/^heartbeat_log_/, "a heartbeat log"],
  [/^heartbeat_lease_/, "a Kubernetes Lease"],
  [/^heartbeat_exporter_leader$/, "a lease among exporters"],
  [/^heartbeat_exporter_(store_|down_)/, "storage"],
  [/^heartbeat_(relay|action)_/, "a relay or actions"],
  [/^heartbeat_target_maintenance$/, "maintenance windows"],
  [/^probe_skipped$/, "a budget that is used up"],
  [/^probe_llm_time_to_first_output_token_seconds$/, "a model that reasons before it answers"],
  [/^process_start_time_seconds$/, "a restart"],
  [/^probe_llm_(ratelimit_|model_load_)/, "an API that tells it"],
];

/**
 * Why a query may be without any result on an exporter that has only http and llm targets, or `undefined`.
 * @param there what the exporter has besides
 */
export function whyEmpty(expr: string, there: readonly string[] = []): string | undefined {
  const metrics = readsOf(expr).selectors.map(({ metric = "" }) => metric);
  return ONLY_WITH.find(
    ([pattern, what]) => !there.includes(what) && metrics.some((name) => pattern.test(name)),
  )?.[1];
}
