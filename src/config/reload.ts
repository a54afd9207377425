import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { decodeText } from "../core/decode-text.ts";
import type { Seconds, Timestamp } from "../core/units.ts";
import { readSmall } from "../files/files.ts";
import { lookAgain } from "../files/now.ts";
import type { Config, ConfigDeps, ConfigSource } from "./config.ts";
import { readConfigFile } from "./document/files.ts";
import { loadConfigEnv, loadConfigText } from "./load.ts";

/** The result of a successful reload. `unchanged`: the file is already in use, so nothing was done. */
export type ReloadOutcome = "changed" | "unchanged";

/** The result of the last attempt to load. */
export interface ReloadStatus {
  readonly lastSuccessful: boolean;
  readonly lastSuccessAt: Timestamp;
}

/** Holds the configuration in use and reloads it. */
export interface ConfigHolder {
  current(): Config;
  /** The parts of the program that the configuration in use was checked against. */
  deps(): ConfigDeps;
  /**
   * Loads the configuration again and passes it to the subscribers. Concurrent calls run one after the other.
   * Rejects with the ConfigError if the new configuration cannot be used; the current one then stays in use.
   */
  reload(): Promise<ReloadOutcome>;
  status(): ReloadStatus;
  /** Calls `listener` with every new configuration; a reload waits for it. The returned function unsubscribes it. */
  subscribe(listener: (config: Config) => void | Promise<void>): () => void;
  /**
   * Checks the file at this interval and reloads it if its content has changed. Invalid content is tried once.
   * @param onReload called after each attempt, with the error if it failed
   * @returns a function that stops watching
   */
  watch(every: Seconds, onReload: (error?: unknown) => void): () => void;
}

/**
 * Loads the configuration for the first time.
 * @param prepare returns the parts of the program that a text is checked against, the same object if they are unchanged
 * @throws ConfigError if the configuration cannot be used
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
  let usedChecksum = checksum(first);
  /** Checksum of the last attempt, successful or not. */
  let triedChecksum = usedChecksum;
  let status: ReloadStatus = { lastSuccessful: true, lastSuccessAt: clock.now() };
  let queue: Promise<unknown> = Promise.resolve();
  const listeners = new Set<(config: Config) => void | Promise<void>>();

  async function attempt(): Promise<ReloadOutcome> {
    try {
      await lookAgain();
      const text = readSource(source);
      triedChecksum = checksum(text);
      const prepared = await prepare(text);
      const result = triedChecksum === usedChecksum && prepared === deps ? "unchanged" : "changed";
      if (result === "changed") {
        config = load(text, source, prepared);
        deps = prepared;
        usedChecksum = triedChecksum;
      }
      status = { lastSuccessful: true, lastSuccessAt: clock.now() };
      if (result === "changed") await announce();
      return result;
    } catch (error) {
      status = { ...status, lastSuccessful: false };
      throw error;
    }
  }

  /** Calls every listener, even if an earlier one fails. */
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

  /** A file that cannot be read counts as unchanged: it may be in the middle of being replaced. */
  const hasChanged = async (): Promise<boolean> => {
    if (source.kind !== "file") return false;
    try {
      return checksum(decodeText(await readSmall(source.path))) !== triedChecksum;
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
    watch: (every, onReload) => poll(clock, every, hasChanged, reload, onReload),
  };
}

/** Checks `hasChanged` at the interval and calls `act` if it is true. Returns a function that stops it. */
function poll(
  clock: Clock,
  every: Seconds,
  hasChanged: () => Promise<boolean>,
  act: () => Promise<unknown>,
  onResult: (error?: unknown) => void,
): () => void {
  let stopped = false;
  let cancel: (() => void) | undefined;
  const check = async (): Promise<void> => {
    try {
      if (await hasChanged()) {
        await act();
        onResult();
      }
    } catch (error) {
      onResult(error);
    }
    schedule();
  };
  const schedule = (): void => {
    if (!stopped) cancel = clock.after(every, () => void check());
  };
  schedule();
  return () => {
    stopped = true;
    cancel?.();
  };
}

/** Returns the text of the configuration; empty for the environment, which does not change. */
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
