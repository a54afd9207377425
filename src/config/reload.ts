import { hash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { decodeText } from "../core/decode-text.ts";
import { serialize } from "../core/serial.ts";
import type { Seconds, Timestamp } from "../core/units.ts";
import { lookAgain } from "../files/now.ts";
import type { Config, ConfigDeps, ConfigSource } from "./config.ts";
import { readConfigBytes } from "./document/files.ts";
import { loadConfigDocument, loadConfigEnv } from "./load.ts";
import { type ConfigReader, createConfigReader } from "./loading/reader.ts";

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
   * Loads the configuration again and passes it to the subscribers. Calls made during a reload share one following reload,
   * so that each call has the outcome of a reload that read the file after the call.
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

/** The source of a configuration, and the parts of the program that load it. */
export interface HolderOptions {
  readonly source: ConfigSource;
  readonly clock: Clock;
  /** The parts that a configuration without plugins is checked against. */
  readonly deps: ConfigDeps;
  /**
   * Returns the parts that a configuration with these plugins is checked against, the same object if they are unchanged.
   * @param plugins the files as the configuration names them
   */
  readonly prepare?: (plugins: readonly string[]) => Promise<ConfigDeps>;
  /** Without it, texts are read in this thread. */
  readonly reader?: ConfigReader;
}

/** Loads the configuration for the first time. Rejects with ConfigError if it cannot be used. */
export async function openConfigHolder({
  source,
  clock,
  deps: ownDeps,
  prepare = async () => ownDeps,
  reader = createConfigReader(ownDeps.formats),
}: HolderOptions): Promise<ConfigHolder> {
  const load = async (content: Content, isFirst: boolean): Promise<Loaded & Pick<Content, "checksum">> => {
    const loaded = await loadContent(content, isFirst, { source, prepare, reader });
    return { ...loaded, checksum: content.checksum };
  };
  const first = await readSource(source, true);
  let used = await load(first, true);
  /** Checksum of the last attempt, successful or not. */
  let triedChecksum = first.checksum;
  let status: ReloadStatus = { lastSuccessful: true, lastSuccessAt: clock.now() };
  const listeners = new Set<(config: Config) => void | Promise<void>>();

  async function attempt(): Promise<ReloadOutcome> {
    try {
      await lookAgain();
      const content = await readSource(source);
      triedChecksum = content.checksum;
      const unchanged = content.checksum === used.checksum && (await prepare(used.plugins)) === used.deps;
      if (!unchanged) used = await load(content, false);
      status = { lastSuccessful: true, lastSuccessAt: clock.now() };
      if (!unchanged) await announce();
      return unchanged ? "unchanged" : "changed";
    } catch (error) {
      status = { ...status, lastSuccessful: false };
      throw error;
    }
  }

  /** Calls every listener, even if an earlier one fails. */
  async function announce(): Promise<void> {
    const { config } = used;
    const outcomes = await Promise.allSettled([...listeners].map(async (listener) => listener(config)));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** A file that cannot be read counts as unchanged: it may be in the middle of being replaced. */
  const hasChanged = async (): Promise<boolean> => {
    try {
      return (await readSource(source)).checksum !== triedChecksum;
    } catch {
      return false;
    }
  };

  const reload = serialize(attempt).run;
  return {
    current: () => used.config,
    deps: () => used.deps,
    reload,
    status: () => status,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    watch: (every, onReload) => poll(clock, every, hasChanged, reload, onReload),
  };
}

/** A configuration with the parts that it was checked against. */
interface Loaded {
  readonly config: Config;
  readonly deps: ConfigDeps;
  /** The files of its plugins as it names them. */
  readonly plugins: readonly string[];
}

async function loadContent(
  { text }: Content,
  isFirst: boolean,
  { source, prepare, reader }: Required<Omit<HolderOptions, "deps" | "clock">>,
): Promise<Loaded> {
  if (source.kind === "environment") {
    const deps = await prepare([]);
    return { config: loadConfigEnv(source.env, deps), deps, plugins: [] };
  }
  const name = source.kind === "file" ? source.path : source.name;
  const env = source.kind === "file" ? source.env : {};
  const document = await reader.open({ text: text(), name, env }, isFirst);
  try {
    const plugins = source.kind === "file" ? await document.plugins() : [];
    const deps = await prepare(plugins);
    const redacted = sharing(() => reader.redact({ text: text(), name, env }, deps.probers));
    const origin = { name, env, environmentOnly: false };
    return { config: await loadConfigDocument(document, origin, redacted, deps), deps, plugins };
  } finally {
    await document.close();
  }
}

/** Returns a function whose calls share the run that is not finished, if there is one. */
function sharing<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () =>
    (running ??= run().finally(() => {
      running = undefined;
    }));
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

/** The content of a source at one time. */
interface Content {
  readonly checksum: string;
  /** Decodes the text. The bytes are kept instead of it, outside of the heap. */
  readonly text: () => string;
}

/** Reads a source. The environment has no text and does not change. */
async function readSource(source: ConfigSource, isFirst = false): Promise<Content> {
  if (source.kind !== "file") {
    const text = source.kind === "text" ? source.text : "";
    return { checksum: "", text: () => text };
  }
  const bytes = await readConfigBytes(source.path, isFirst);
  return { checksum: hash("sha256", bytes), text: () => decodeText(bytes) };
}
