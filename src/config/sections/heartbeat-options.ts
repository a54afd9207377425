import type { JSONSchema } from "json-schema-to-ts";
import type { Seconds } from "../../core/units.ts";
import { durationOf } from "../context.ts";
import { DEFAULT_TIMEOUT } from "../env/machine.ts";
import { positiveDuration } from "./schema-words.ts";

/** Options that configured and registered heartbeats share. */
export const heartbeatProperties = {
  kind: {
    type: "string",
    format: "heartbeat_kind",
    default: "machine",
    description: "Kind in one word, such as machine, job or service.",
  },
  timeout: {
    ...positiveDuration,
    description: `Longest silence before the heartbeat is offline. Default: \`MACHINE_OFFLINE_THRESHOLD\`, else ${DEFAULT_TIMEOUT}.`,
  },
  start_timeout: {
    ...positiveDuration,
    description: "Longest time from a start ping to the ping that ends the run. Default: the timeout.",
  },
} as const satisfies Record<string, JSONSchema>;

/** Returns the timeouts with their defaults. */
export function timeoutsOf(
  raw: { readonly timeout?: string | undefined; readonly start_timeout?: string | undefined },
  defaultTimeout: Seconds,
): { readonly timeout: Seconds; readonly startTimeout: Seconds } {
  const timeout = raw.timeout === undefined ? defaultTimeout : durationOf(raw.timeout);
  return { timeout, startTimeout: raw.start_timeout === undefined ? timeout : durationOf(raw.start_timeout) };
}
