import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { DAYS } from "../core/maintenance.ts";

/** What may stand under `maintenance`. */

const names = { type: "array", items: { type: "string", minLength: 1 }, minItems: 1 } as const;
const localTime = { type: "string", format: "local_time" } as const;
const instant = { type: "string", format: "instant" } as const;

/** One entry of `maintenance`. */
export const maintenanceSchema = {
  type: "object",
  description: "A time in which failures are expected: probes go on, and nothing is concluded from them.",
  properties: {
    name: { type: "string", format: "target_name", description: "Unique." },
    targets: { ...names, description: "Targets that are worked on; `*` stands for any text." },
    heartbeats: { ...names, description: "Heartbeats; `*` stands for any text." },
    groups: { ...names, description: "Groups: all their members." },
    once: {
      type: "object",
      description: "One time.",
      properties: { from: instant, to: instant },
      required: ["from", "to"],
      additionalProperties: false,
    },
    weekly: {
      type: "object",
      description: "Each week, on these days; a `to` that is not after `from` is of the next day.",
      properties: {
        days: { type: "array", items: { type: "string", enum: DAYS }, minItems: 1, uniqueItems: true },
        from: localTime,
        to: localTime,
      },
      required: ["days", "from", "to"],
      additionalProperties: false,
    },
    cron: {
      type: "string",
      format: "cron",
      description: "When it begins: minute, hour, day of the month, month, day of the week.",
    },
    duration: { type: "string", format: "positive_duration", description: "How long, with `cron`." },
    time_zone: {
      type: "string",
      format: "time_zone",
      default: "UTC",
      description: "Of `weekly` and `cron`, such as Europe/Berlin.",
    },
  },
  required: ["name"],
  additionalProperties: false,
} as const satisfies JSONSchema;

export type RawMaintenance = FromSchema<typeof maintenanceSchema, { keepDefaultedPropertiesOptional: true }>;
