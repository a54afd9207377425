import { allMetrics } from "../../src/catalogue/index.ts";
import { probers } from "../../src/probers/index.ts";
import { isEmptyWithout, readsOf } from "./promql.ts";

/**
 * Metrics that an exporter shows only under a condition. Queries of such a metric are rightly empty if the condition is
 * not met.
 */
const CONDITIONAL: readonly (readonly [metrics: RegExp, condition: string])[] = [
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
  [/^heartbeat_(relay|action)_/, "relays or actions"],
  [/^heartbeat_target_maintenance$/, "maintenance windows"],
  [/^probe_skipped$/, "a budget that is used up"],
  [/^probe_llm_time_to_first_output_token_seconds$/, "a model that reasons before it answers"],
  [/^process_start_time_seconds$/, "a restart"],
  [/^probe_llm_(ratelimit_|model_load_|served_by_|gateway_)/, "an API that reports it"],
];

/** The condition of metrics that are details of probes. */
export const PROBE_DETAILS = "probe_details: true";

const details = new Set(
  allMetrics(probers)
    .filter(({ detail }) => detail === true)
    .map(({ name }) => name),
);

/**
 * Returns the condition that a query lacks on an exporter with only http and llm targets; `undefined` if it lacks none.
 * @param met conditions that the exporter does meet
 */
export function whyEmpty(expr: string, met: readonly string[] = []): string | undefined {
  const metrics = readsOf(expr).selectors.map(({ metric = "" }) => metric);
  const found = CONDITIONAL.find(
    ([pattern, condition]) => !met.includes(condition) && metrics.some((name) => pattern.test(name)),
  )?.[1];
  if (found !== undefined || met.includes(PROBE_DETAILS)) return found;
  return isEmptyWithout(expr, details) ? PROBE_DETAILS : undefined;
}
