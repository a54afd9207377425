import type { Formats } from "../document/formats.ts";
import type { ProberSchema } from "./checked-config.ts";
import { type ConfigText, parseConfig, redactedConfig } from "./config-document.ts";
import type { OpenDocument } from "./open-document.ts";
import { openRemoteDocument, redactRemotely, type WorkerSettings } from "./remote-document.ts";

/** Reads texts of configurations without blocking the event loop. */
export interface ConfigReader {
  /**
   * Parses a configuration.
   * @param mayBlock true as long as there are no probes to time: a short text is then read in this thread
   * @returns rejects with ConfigError if the syntax is broken
   */
  open(config: ConfigText, mayBlock: boolean): Promise<OpenDocument>;
  /** Returns a configuration that was loaded before as YAML that is safe to show. */
  redact(config: ConfigText, probers: readonly ProberSchema[]): Promise<string>;
}

/** Longest text that is parsed in this thread, in characters: less work than to start another thread. */
const SHORT = 8 * 1024;

/**
 * Creates a reader.
 * @param formats those of the probers
 * @param worker without it, every text is read in this thread
 */
export function createConfigReader(formats: Formats, worker?: WorkerSettings): ConfigReader {
  return {
    async open(config, mayBlock) {
      // To compile the schemas of options that are new to the configuration blocks for longer than to parse a short text.
      if (worker !== undefined && !(mayBlock && config.text.length <= SHORT))
        return openRemoteDocument(config, worker);
      return { ...parseConfig(config, formats), close: async () => {} };
    },
    async redact(config, probers) {
      return worker !== undefined && config.text.length > SHORT
        ? redactRemotely(config, probers, worker)
        : redactedConfig(config, probers);
    },
  };
}
