import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import { parseSize, type Seconds } from "../../core/units.ts";
import { type BuildContext, durationOf } from "../context.ts";
import { sectionOf } from "./entries.ts";
import { positiveDuration, word } from "./schema-words.ts";

/** The section `storage`. */
export const storageSchema = {
  type: "object",
  description: "State that survives a restart.",
  properties: {
    path: {
      ...word,
      description:
        "File of the embedded database; the file and its folder are created if missing. Changes take effect at the next start. Without it, --storage.path and HEARTBEAT_STORAGE_PATH, everything is kept in memory.",
    },
    durability: {
      enum: ["strict", "relaxed"],
      default: "strict",
      description:
        "`strict` stores every ping before it is answered. `relaxed` answers successful pings before, with the header `Durable: false`, so that the end of the process may lose those of the last second; failures, starts, first pings, facts and commands are stored all the same.",
    },
    retention: {
      ...positiveDuration,
      default: "7d",
      description:
        "How long results are kept. Their totals by hour and day are kept for 31 and 92 days, events for at least 91.",
    },
    max_size: {
      type: "string",
      format: "large_size",
      default: "512MB",
      description: "Largest size of the file; the oldest results are deleted first.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** The pings that are stored before they are answered: all of them, or all but plain successes. */
export type Durability = "strict" | "relaxed";

/** Where state and history are kept, and how much history. */
export interface Storage {
  /** Without one everything is kept in memory until the exporter ends. */
  readonly path?: string;
  readonly durability: Durability;
  readonly retention: Seconds;
  /** Bytes. */
  readonly maxSize: number;
}

/** Builds the storage options. */
export function buildStorage(context: BuildContext): Storage {
  const { path, durability, retention, max_size: maxSize } = sectionOf("storage", storageSchema, context);
  return {
    ...defined({ path: path === undefined ? undefined : context.resolvePath(path) }),
    durability,
    retention: durationOf(retention),
    maxSize: parseSize(maxSize) ?? 0,
  };
}
