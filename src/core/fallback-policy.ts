import { formatDuration } from "./duration.ts";
import type { FallbackPolicy } from "./target.ts";

/** A fallback policy as it is told to those who follow it: in JSON, with the names of the configuration. */
export interface PolicyFacts {
  readonly mode: string;
  readonly confidence_reduction: number;
  readonly process_with_lower_confidence: boolean;
  readonly max_duration: string;
}

/** `null` without failover. */
export const policyFacts = (policy: FallbackPolicy | undefined): PolicyFacts | null =>
  policy === undefined
    ? null
    : {
        mode: policy.mode,
        confidence_reduction: policy.confidenceReduction,
        process_with_lower_confidence: policy.processWithLowerConfidence,
        max_duration: formatDuration(policy.maxDuration),
      };
