import type { Clock } from "../../core/clock.ts";
import type { Formats } from "../document/formats.ts";
import type { ProberSchema } from "./checked-config.ts";
import { type ConfigText, parseConfig, redactedConfig } from "./config-document.ts";
import type { OpenDocument } from "./open-document.ts";
import { openRemoteDocument, redactRemotely, type WorkerSettings } from "./remote-document.ts";

/** Reads texts of configurations without blocking the event loop. */
export interface ConfigReader {
  /** Rejects with ConfigError if the syntax is broken. */
  open(config: ConfigText): Promise<OpenDocument>;
  /** Returns a configuration that was loaded before as YAML that is safe to show. */
  redact(config: ConfigText, probers: readonly ProberSchema[]): Promise<string>;
}

/** Longest text that is read in this thread, in characters: less work than to start another thread. */
const SHORT = 8 * 1024;

/**
 * Creates a reader.
 * @param formats those of the probers
 * @param worker reads long texts; without it, every text is read in this thread
 */
export function createConfigReader(
  formats: Formats,
  clock: Pick<Clock, "monotonic">,
  worker?: WorkerSettings,
): ConfigReader {
  return {
    async open(config) {
      if (worker !== undefined && config.text.length > SHORT)
        return openRemoteDocument(config, worker, clock);
      return { ...parseConfig(config, formats), close: async () => {} };
    },
    async redact(config, probers) {
      return worker !== undefined && config.text.length > SHORT
        ? redactRemotely(config, probers, worker)
        : redactedConfig(config, probers);
    },
  };
}
