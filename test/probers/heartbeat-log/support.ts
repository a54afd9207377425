import { onTestFinished } from "vitest";
import type { HeartbeatLogOptions } from "../../../src/probers/heartbeat-log/schema.ts";
import { type ProbeRunner, type ProbeSettings, start as startProbing } from "./probing.ts";

export * from "./probing.ts";

/** Compiles a module for probing, and disposes of it at the end of the test. */
export function start(options: HeartbeatLogOptions, settings?: ProbeSettings): ProbeRunner {
  const probing = startProbing(options, settings);
  onTestFinished(() => probing.dispose());
  return probing;
}
