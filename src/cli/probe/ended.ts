import type { ProbeTarget } from "../../core/prober.ts";
import type { Result } from "../../core/result.ts";
import type { Module } from "../../core/target.ts";

/** A finished probe of the command line. */
export interface ProbeRun {
  /** The name of a configured target, or the given address without its password. */
  readonly name: string;
  readonly target: ProbeTarget;
  readonly module: Module;
  readonly result: Result;
  /** The cost of the probe; absent without a price. */
  readonly dollars?: number;
}
