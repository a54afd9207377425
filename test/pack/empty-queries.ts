import { allMetrics } from "../../src/catalogue/index.ts";
import { probers } from "../../src/probers/index.ts";
import { isEmptyWithout, readsOf } from "./promql.ts";

/**
 * Metrics that an exporter shows only under a condition. Queries of such a metric are rightly empty if the condition is
 * not met.
 */
const CONDITIONAL: readonly (readonly [metrics: RegExp, condition: string])[] = [
  [/^ALERTS(_FOR_STATE)?$/, "rules are loaded, and one fires"],
  [/^heartbeat_group_/, "groups"],
  [/^heartbeat_component_/, "components"],
  [/^heartbeat_dependency_down$/, "dependencies"],
  [/^heartbeat_last_failure_timestamp_seconds$/, "a target that has failed"],
  [/^heartbeat_next_expected_/, "a heartbeat with a schedule"],
  [
    /^heartbeat_(last_seen|timeout|up|info|pings|failed|last_duration|running_since|maintenance)(_|$)/,
    "heartbeats",
  ],
  [/^heartbeat_log_/, "a heartbeat log"],
  [/^heartbeat_leases?(_|$)/, "a Kubernetes Lease"],
  [/^heartbeat_exporter_leader$/, "a lease among exporters"],
  [/^heartbeat_exporter_shard(s|_info)$/, "shards"],
  [/^heartbeat_exporter_(store_|down_)/, "storage"],
  [/^heartbeat_(relay|action|webhook|notify)_/, "relays, webhooks, channels or actions"],
  [/^heartbeat_route_/, "routes"],
  [/^heartbeat_target_maintenance$/, "maintenance windows"],
  [/^probe_skipped$/, "a budget that is used up"],
  [/^probe_llm_time_to_first_output_token_seconds$/, "a model that reasons before it answers"],
  [/^probe_llm_(ratelimit_|model_load_|served_by_|gateway_)/, "an API that reports it"],
];

/** Queries that are empty for the values of their metrics. */
const RARE: readonly (readonly [expression: RegExp, condition: string])[] = [
  [/probe_llm_tokens_per_second/, "an answer of ten tokens"],
  [/heartbeat_exporter_auth_failures_total.* > 0$/s, "refused requests"],
  [
    /heartbeat_last_success_timestamp_seconds.*heartbeat_component_last_report/s,
    "something that was well and is wrong",
  ],
  [/ == 0\nunless on \(job, instance\) up.* offset 1m == 0$/s, "an exporter that went down"],
];

/** The condition of metrics that are details of probes. */
export const PROBE_DETAILS = "probe_details: true";

const details = new Set(
  allMetrics(probers)
    .filter(({ detail }) => detail === true)
    .map(({ name }) => name),
);

/**
 * Returns the condition that a query lacks on an exporter with targets of all kinds but logs and leases; `undefined` if it lacks none.
 * @param met conditions that the exporter does meet
 */
export function whyEmpty(expr: string, met: readonly string[] = []): string | undefined {
  const metrics = readsOf(expr).selectors.map(({ metric = "" }) => metric);
  const unmet = CONDITIONAL.filter(([, condition]) => !met.includes(condition)).flatMap(
    ([pattern, condition]) =>
      metrics.filter((name) => pattern.test(name)).map((name) => [name, condition] as const),
  );
  const missing = new Set(unmet.map(([name]) => name));
  if (isEmptyWithout(expr, missing)) return unmet[0]?.[1];
  const rare = RARE.find(([pattern, condition]) => !met.includes(condition) && pattern.test(expr));
  if (rare !== undefined) return rare[1];
  if (met.includes(PROBE_DETAILS)) return undefined;
  return isEmptyWithout(expr, new Set([...missing, ...details])) ? PROBE_DETAILS : undefined;
}
