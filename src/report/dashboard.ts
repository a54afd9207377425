import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { rfc3339 } from "../core/units.ts";
import { type ReportFacts, reportersOf, serviceOf } from "./build.ts";
import {
  componentSchema,
  heartbeatSchema,
  type SchemaFields,
  serviceSchema,
  summarySchema,
} from "./document.ts";
import type { Span } from "./span.ts";
import { summaryOf } from "./summary.ts";

/** Schema of a dashboard: counts by status, and each service, heartbeat and component. */
export const dashboardSchema = {
  type: "object",
  properties: {
    timestamp: { type: "string" },
    summary: summarySchema,
    services: { type: "array", items: serviceSchema },
    heartbeats: { type: "array", items: heartbeatSchema },
    components: { type: "array", items: componentSchema },
  },
  required: ["timestamp", "summary", "services", "heartbeats", "components"],
  additionalProperties: true,
} as const satisfies JSONSchema;

/** A dashboard, as programs read it. */
export type Dashboard = SchemaFields<FromSchema<typeof dashboardSchema>>;

/**
 * Builds the dashboard of a moment.
 * @param window the time of which the uptime is told; it ends at that moment
 */
export const dashboardOf = (
  facts: Pick<ReportFacts, "services" | "heartbeats" | "components">,
  window: Span,
): Dashboard => ({
  timestamp: rfc3339(window.to),
  summary: summaryOf(facts),
  services: facts.services.map(serviceOf),
  ...reportersOf(facts, window),
});
