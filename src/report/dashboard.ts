import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { rfc3339, type Timestamp } from "../core/units.ts";
import { type ServiceFacts, serviceOf, summaryOf } from "./build.ts";
import { type Known, serviceSchema, summarySchema } from "./document.ts";

/** Schema of a dashboard: the counts, and each service. */
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

export type Dashboard = Known<FromSchema<typeof dashboardSchema>>;

/** How things are at one moment. */
export const dashboardOf = (services: readonly ServiceFacts[], at: Timestamp): Dashboard => ({
  timestamp: rfc3339(at),
  summary: summaryOf(services),
  services: services.map(serviceOf),
});
