import type { Prober } from "../../core/prober.ts";
import type { Path } from "../document/tree.ts";

/** The kind of a prober and the schema of its options: plain data. */
export type ProberSchema = Pick<Prober, "kind" | "schema">;

/** A configuration that was checked against its schemas, from which the sections are built. Plain data. */
export interface CheckedConfig {
  /** The value that the schema describes. Parts below a path of `broken` may have any type. */
  readonly raw: unknown;
  /** Paths, as text, of values that were left empty or written as null. */
  readonly leftEmpty: ReadonlySet<string>;
  /** Names of the environment variables that the configuration refers to. */
  readonly variables: ReadonlySet<string>;
  /** Each module as YAML with its secrets redacted, by name. */
  readonly moduleSources: ReadonlyMap<string, string>;
  /** The paths of the problems so far, which `conclude` reports. */
  readonly broken: readonly Path[];
}
