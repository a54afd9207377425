import type { ProbeTarget } from "../../core/prober.ts";
import type { Result } from "../../core/result.ts";
import type { Module } from "../../core/target.ts";

/** A probe that was asked for on the command line and has ended. */
export interface ProbeRun {
  /** The name of a configured target, or the address as it was given, without a password in it. */
  readonly name: string;
  readonly target: ProbeTarget;
  readonly module: Module;
  readonly result: Result;
  /** What it cost in dollars, where prices say so. */
  readonly dollars?: number;
}
