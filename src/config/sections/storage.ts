import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { parseDuration, parseSize, type Seconds, seconds } from "../../core/units.ts";

/** Where what survives a restart is kept, and how much of the past. */
export interface Storage {
  /** Without one everything is kept in memory until the exporter ends. */
  readonly path?: string;
  readonly retention: Seconds;
  /** Bytes. */
  readonly maxSize: number;
}

/** Smaller than this the file would hold nothing but its own order. */
const SMALLEST = 2 ** 20;

const RETENTION = "7d";
const MAX_SIZE = "512MB";

/** The section `storage`. */
export const storageSchema = {
  type: "object",
  description: "What survives a restart.",
  properties: {
    path: {
      type: "string",
      minLength: 1,
      description:
        "File of the embedded database; made if there is none, and its folder too. Read at the start only. Without it, and without --storage.path, everything is kept in memory.",
    },
    retention: {
      type: "string",
      format: "positive_duration",
      default: RETENTION,
      description: "How long results and events are kept.",
    },
    max_size: {
      type: "string",
      format: "store_size",
      default: MAX_SIZE,
      description: "How large the file may become: the oldest results go first.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

type RawStorage = FromSchema<typeof storageSchema, { keepDefaultedPropertiesOptional: true }>;

/** Whether `text` is a size that a file may be bounded by. */
export const isStoreSize = (text: string): boolean => (parseSize(text) ?? 0) >= SMALLEST;

/** The checked section, with its defaults. */
export function storageOf(raw: RawStorage | undefined, resolvePath: (file: string) => string): Storage {
  const { path, retention = RETENTION, max_size: maxSize = MAX_SIZE } = raw ?? {};
  return {
    ...(path === undefined ? {} : { path: resolvePath(path) }),
    retention: parseDuration(retention) ?? seconds(0),
    maxSize: parseSize(maxSize) ?? SMALLEST,
  };
}
