import type { Module } from "../../core/target.ts";

/** The modules of a configuration. */
export interface ModuleSet {
  readonly modules: ReadonlyMap<string, Module>;
  /** The reason why a module is off, by name: an option of it is not supported. Its probes are refused. */
  readonly offModules: ReadonlyMap<string, string>;
}
