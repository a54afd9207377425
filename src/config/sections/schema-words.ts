import type { JSONSchema } from "json-schema-to-ts";

// Building blocks of the sections' schemas.

/** True or false. */
export const bool = { type: "boolean" } as const;

/** A duration; 0 is allowed. */
export const duration = { type: "string", format: "duration" } as const;

/** A duration above 0. */
export const positiveDuration = { type: "string", format: "positive_duration" } as const;

/** A text with at least one character. */
export const word = { type: "string", minLength: 1 } as const;

/** An integer of at least 1. */
export const count = { type: "integer", minimum: 1 } as const;

/** The name of an entry: a label value of its series, and part of URLs. */
export const name = { type: "string", format: "target_name" } as const;

/** Names of other entries, each once. */
export const names = { type: "array", items: word, uniqueItems: true } as const;

/** Labels of a series. */
export const labels = {
  type: "object",
  additionalProperties: { type: "string" },
  propertyNames: { type: "string", format: "label_name" },
} as const satisfies JSONSchema;
