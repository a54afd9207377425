import type { JSONSchema } from "json-schema-to-ts";
import type { BuildContext } from "../context.ts";
import { sectionOf } from "./entries.ts";
import { bool } from "./schema-words.ts";

/** The section `context_api`. */
export const contextApiSchema = {
  type: "object",
  description: "The routes of a context API: /health, /status, /heartbeat/, /config/.",
  properties: {
    enabled: { ...bool, default: true, description: "Serve these routes." },
    metrics_enabled: { ...bool, default: true, description: "Serve /metrics." },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** Which of the optional routes are served. */
export interface ContextApi {
  readonly enabled: boolean;
  readonly metricsEnabled: boolean;
}

/** Builds the choice of routes. */
export function buildContextApi(context: BuildContext): ContextApi {
  const { enabled, metrics_enabled: metricsEnabled } = sectionOf("context_api", contextApiSchema, context);
  return { enabled, metricsEnabled };
}
