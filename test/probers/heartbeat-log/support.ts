import { onTestFinished } from "vitest";
import type { HeartbeatLogOptions } from "../../../src/probers/heartbeat-log/schema.ts";
import { type ProbeSettings, type Probing, start as startProbing } from "./probing.ts";

export * from "./probing.ts";

/** Starts probing for as long as the test runs. */
export function start(options: HeartbeatLogOptions, settings?: ProbeSettings): Probing {
  const probing = startProbing(options, settings);
  onTestFinished(() => probing.dispose());
  return probing;
}
