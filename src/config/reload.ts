import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { Seconds, Timestamp } from "../core/units.ts";
import type { Config, ConfigDeps, ConfigSource } from "./config.ts";
import { loadConfigEnv, loadConfigText, readConfigFile } from "./load.ts";

/** What came of a reload that succeeded. `unchanged`: the file is the one in use, and nothing was done. */
export type ReloadOutcome = "changed" | "unchanged";

/** How the last attempt to load ended. */
export interface ReloadStatus {
  readonly lastSuccessful: boolean;
  readonly lastSuccessAt: Timestamp;
}

/** The configuration in use, and the only way to another one. */
export interface ConfigHolder {
  current(): Config;
  /** What the rest of the program contributed to it. */
  deps(): ConfigDeps;
  /**
   * Loads the configuration anew and hands it to the subscribers. Calls at the same time run one after the other.
   * Rejects with the ConfigError when it cannot be used; the one in use then stays.
   */
  reload(): Promise<ReloadOutcome>;
  status(): ReloadStatus;
  /** Calls `listener` with every new configuration; a reload waits for it. The returned function ends that. */
  subscribe(listener: (config: Config) => void | Promise<void>): () => void;
  /**
   * Looks at the file every so often and reloads when its content has changed. A bad content is tried once.
   * @param onReload is told how it went: `undefined`, or the error
   * @returns a function that ends it
   */
  watch(every: Seconds, onReload: (error?: unknown) => void): () => void;
}

/**
 * Loads the configuration for the first time.
 * @param prepare gets what the program contributes to a text that is to be loaded; the same object when it is nothing new
 * @throws ConfigError when it cannot be used: without a configuration there is nothing to hold
 */
export function createConfigHolder(
  source: ConfigSource,
  firstDeps: ConfigDeps,
  clock: Clock,
  prepare: (text: string) => Promise<ConfigDeps> = async () => firstDeps,
): ConfigHolder {
  const first = readSource(source);
  let deps = firstDeps;
  let config = load(first, source, deps);
  let used = checksum(first);
  /** Of the last attempt, successful or not. */
  let tried = used;
  let status: ReloadStatus = { lastSuccessful: true, lastSuccessAt: clock.now() };
  let queue: Promise<unknown> = Promise.resolve();
  const listeners = new Set<(config: Config) => void | Promise<void>>();

  async function attempt(): Promise<ReloadOutcome> {
    try {
      const text = readSource(source);
      tried = checksum(text);
      const prepared = await prepare(text);
      const result = tried === used && prepared === deps ? "unchanged" : "changed";
      if (result === "changed") {
        config = load(text, source, prepared);
        deps = prepared;
        used = tried;
      }
      status = { lastSuccessful: true, lastSuccessAt: clock.now() };
      if (result === "changed") await announce();
      return result;
    } catch (error) {
      status = { ...status, lastSuccessful: false };
      throw error;
    }
  }

  /** Every listener gets the configuration, even if one before it fails. */
  async function announce(): Promise<void> {
    const outcomes = await Promise.allSettled([...listeners].map(async (listener) => listener(config)));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  function reload(): Promise<ReloadOutcome> {
    const turn = queue.then(attempt);
    queue = turn.catch(() => undefined);
    return turn;
  }

  /** The file cannot be read just now, while it is being replaced for example: the next look will tell. */
  const hasChanged = (): boolean => {
    try {
      return checksum(readSource(source)) !== tried;
    } catch {
      return false;
    }
  };

  return {
    current: () => config,
    deps: () => deps,
    reload,
    status: () => status,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    watch(every, onReload) {
      let stopped = false;
      let cancel: (() => void) | undefined;
      const look = async (): Promise<void> => {
        try {
          if (hasChanged()) {
            await reload();
            onReload();
          }
        } catch (error) {
          onReload(error);
        }
        arm();
      };
      const arm = (): void => {
        if (!stopped) cancel = clock.after(every, () => void look());
      };
      arm();
      return () => {
        stopped = true;
        cancel?.();
      };
    },
  };
}

/** The text that the configuration is made of; the environment of a process does not change. */
export function readSource(source: ConfigSource): string {
  if (source.kind === "file") return readConfigFile(source.path);
  return source.kind === "text" ? source.text : "";
}

function load(text: string, source: ConfigSource, deps: ConfigDeps): Config {
  if (source.kind === "environment") return loadConfigEnv(source.env, deps);
  return source.kind === "file"
    ? loadConfigText(text, source.path, source.env, deps)
    : loadConfigText(text, source.name, {}, deps);
}

const checksum = (text: string): string => createHash("sha256").update(text).digest("hex");
