import { named, type Series } from "../promql.ts";

/** Text of panels without probes. */
export const NO_PROBE = "no probes in this time range";

/** Text of panels without objectives. */
export const NO_OBJECTIVE = "no targets with an objective";

/** Returns the share of successful probes of each target or address within a range, which the objective applies to. */
export const availability = (series: Series, range: string): string =>
  `avg by (name) (${named(`avg_over_time(${series("probe_success")}[${range}])`)})`;

/** Returns the objective of each target. Addresses that are scraped through `/probe` have none. An exporter that is
 * down does not end its objectives. */
export const objective = (series: Series): string =>
  `max by (name) (${named(`last_over_time(${series("heartbeat_slo_objective_ratio")}[1d])`)})`;

/** Returns the share of the error budget that is left within a range. */
export const budgetLeft = (series: Series, range: string): string =>
  `1 - (1 - ${availability(series, range)}) / (1 - (${objective(series)} < 1))`;

/** Returns the number of outages of each target in the time range. */
export const outages = (series: Series): string =>
  `max by (name) (${named(`resets(${series("heartbeat_target_healthy")}[$__range])`)})`;

/** Returns the mean duration of an outage: the minutes in which a target was unhealthy, divided by how often it became unhealthy. */
export const recovery = (series: Series): string =>
  `60 * max by (name) (${named(`sum_over_time((1 - ${series("heartbeat_target_healthy")})[$__range:1m])`)})\n/ (${outages(series)} > 0)`;
