import { namedBeat } from "../beats.ts";
import { type Series } from "../promql.ts";

/** Returns a field of the last heartbeat of each service; of several exporters, the maximum. */
export const ofField = (series: Series, field: string): string =>
  `max by (name, heartbeat) (${namedBeat(series(`heartbeat_log_${field}`))})`;

/**
 * Returns a state that the last heartbeat of each service reported, and `unknown` for services that are silent:
 * what they reported last says nothing about the present.
 */
export const stateOf = (series: Series, reported: string, unknown: number): string => {
  const state = `min by (name, heartbeat) (${namedBeat(reported)})`;
  const isUp = `max by (heartbeat) (${series("heartbeat_up", 'source="log"')}) == 1`;
  return `(${state} and on (heartbeat) ${isUp}\nor 0 * ${state} + ${unknown})`;
};

/** Returns the increase of a counter of the exporter about a log, by further labels. */
export const increaseOf = (series: Series, metric: string, ...labels: readonly string[]): string =>
  `sum by (${["name", "heartbeat", ...labels].join(", ")}) (${namedBeat(`increase(${series(`heartbeat_log_${metric}_total`)}[$__rate_interval])`)})`;
