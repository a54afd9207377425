import type { SubjectKind } from "./model/words.ts";

/** The properties that some alerts need of their subjects. */
export type AlertNeed = "llm" | "failover" | "certificate" | "budget" | "critical" | "log" | "lease";

/** An alert of the exporter's rules. */
export interface AlertFacts {
  readonly name: string;
  readonly kind: SubjectKind;
  readonly needs?: AlertNeed;
  readonly severity: string;
  /** How long its condition must last, as a Prometheus duration. */
  readonly for?: string;
  readonly when: string;
}
