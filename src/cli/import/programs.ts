/** The programs whose files are imported, each with a key that its files have and others have not. */
export const KEYS = {
  "ecosystem-monitor": ["services"],
  blackbox: ["modules"],
  gatus: ["endpoints", "external-endpoints"],
  "uptime-kuma": ["monitorList"],
  healthchecks: ["checks"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A value of `--from`. */
export type ImportFormat = keyof typeof KEYS;

/** The values of `--from`. */
export const IMPORT_FORMATS = Object.keys(KEYS) as readonly ImportFormat[];

/** Returns the program that a file is of, by its keys; `undefined` for another file. */
export const formatOf = (value: unknown): ImportFormat | undefined =>
  IMPORT_FORMATS.find((format) => KEYS[format].some((key) => hasKey(value, key)));

/** Reports whether a value is a map with this key. */
export const hasKey = (value: unknown, key: string): boolean =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key);
