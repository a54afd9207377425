import type { JSONSchema } from "json-schema-to-ts";
import { parseSize } from "../../core/units.ts";
import type { BuildContext } from "../context.ts";
import { sectionOf } from "./entries.ts";
import { count } from "./schema-words.ts";

/** The section `limits`. */
export const limitsSchema = {
  type: "object",
  description: "Limits of the whole exporter.",
  properties: {
    max_concurrent_probes: {
      ...count,
      default: 500,
      description: "Maximum number of probes running at once.",
    },
    max_concurrent_probes_per_host: {
      ...count,
      description:
        "Maximum number of probes of one host running at once. Default: no fixed limit, but fair shares. A probe starts while its host runs fewer probes than there are free slots, so that a host that hangs takes at most half of `max_concurrent_probes`, also if it is the only one, and other hosts are probed on time. All targets of one module of a plugin, of `heartbeat_log` or of `kubernetes_lease` count as one host for the shares. To let one host take all slots, set it to the value of `max_concurrent_probes`.",
    },
    response_memory: {
      type: "string",
      format: "large_size",
      default: "32MB",
      description:
        "Memory for answers that probes keep until they are judged, of all probes together; at least 1MB. The first 64 KiB of each answer are not counted. A probe that finds no room before its deadline fails with the reason `queue_timeout`. No answer that is kept is longer, whatever `body_size_limit` of its module says.",
    },
    actions_per_hour: {
      ...count,
      default: 12,
      description: "Maximum number of attempts per hour, of all actions together.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** Limits on concurrent probes. */
export interface ProbeLimits {
  readonly maxConcurrentProbes: number;
  readonly maxConcurrentProbesPerHost: number | undefined;
  /** Bytes of answers that probes keep until they are judged. */
  readonly responseMemory: number;
}

/** Builds the limits of probes; the limit of actions belongs to `actions`. */
export function buildLimits(context: BuildContext): ProbeLimits {
  const raw = sectionOf("limits", limitsSchema, context);
  return {
    maxConcurrentProbes: raw.max_concurrent_probes,
    maxConcurrentProbesPerHost: raw.max_concurrent_probes_per_host,
    responseMemory: parseSize(raw.response_memory) ?? 0,
  };
}
