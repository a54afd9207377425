import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { rfc3339, type Timestamp } from "../core/units.ts";
import { type ServiceFacts, serviceOf, summaryOf } from "./build.ts";
import { type SchemaFields, serviceSchema, summarySchema } from "./document.ts";

/** Schema of a dashboard: counts by status, and each service. */
export const dashboardSchema = {
  type: "object",
  properties: {
    timestamp: { type: "string" },
    summary: summarySchema,
    services: { type: "array", items: serviceSchema },
  },
  required: ["timestamp", "summary", "services"],
  additionalProperties: true,
} as const satisfies JSONSchema;

/** A dashboard, as programs read it. */
export type Dashboard = SchemaFields<FromSchema<typeof dashboardSchema>>;

/** Builds the dashboard of a moment. */
export const dashboardOf = (services: readonly ServiceFacts[], at: Timestamp): Dashboard => ({
  timestamp: rfc3339(at),
  summary: summaryOf(services),
  services: services.map(serviceOf),
});
