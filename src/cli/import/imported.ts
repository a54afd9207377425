import type { Document } from "yaml";

/** A configuration made of another program's. */
export interface Imported {
  readonly document: Document;
  /** What could not be carried over, or became something else; without secrets. */
  readonly notes: readonly string[];
}
