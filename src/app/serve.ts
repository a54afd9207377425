import type { RequestListener } from "node:http";
import { hostname } from "node:os";
import type { Flags } from "../cli/flags.ts";
import { type ListenAddress, localUrl, parseListenAddress } from "../cli/listen-address.ts";
import { configDeps, nothingConfigured, sourceOf } from "../cli/load-config.ts";
import { createLog } from "../cli/log.ts";
import { type OpenConfig, openConfig } from "../cli/open-config.ts";
import { EXIT } from "../cli/shell.ts";
import type { ConfigSource } from "../config/config.ts";
import type { Environment } from "../config/document/convert.ts";
import { ConfigError } from "../config/document/problems.ts";
import { listenAddressFromEnv, storagePathFromEnv } from "../config/env/env.ts";
import { type ShardSettings, shardSettings } from "../config/env/shard.ts";
import type { ConfigHolder } from "../config/reload.ts";
import type { Storage } from "../config/sections/storage.ts";
import { configSummary } from "../config/summary.ts";
import { systemClock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { History } from "../core/history.ts";
import type { Log } from "../core/log.ts";
import { createMemory, type Memory } from "../core/memory.ts";
import { serialize } from "../core/serial.ts";
import { seconds } from "../core/units.ts";
import { demoNotice, startDemo } from "../demo/demo.ts";
import { onHangingFiles } from "../files/files.ts";
import { createRunningPlugins } from "../plugins/running.ts";
import { createMemoryHistory } from "../store/memory-history.ts";
import type { Store } from "../store/store.ts";
import { createExporter } from "./exporter.ts";
import { listen, stopOnSignal, whileStarting } from "./listen.ts";
import { createWeb, type Web } from "./web.ts";

/** Longest wait at the start for a store that a previous exporter still has open. */
const STORE_PATIENCE = seconds(5);

/** Interval at which `--config.enable-auto-reload` checks the file. */
const AUTO_RELOAD_INTERVAL = seconds(5);

/** Command line, environment and version that an exporter starts with. */
export interface Start {
  readonly flags: Flags;
  readonly env: Environment;
  readonly version: string;
}

/**
 * Runs the exporter until a signal ends the process. Prints why and sets the exit code if it cannot start. With
 * `--config.check`, only checks the configuration.
 */
export async function serve({ flags, env, version }: Start): Promise<void> {
  const log = createLog(flags.logLevel, flags.logFormat);
  onHangingFiles((text) => log.warn({}, text));
  let source: ConfigSource | undefined;
  let inputs: Inputs;
  // An invalid configuration is the result of a check, and wrong use otherwise.
  let invalid: number = EXIT.usage;
  try {
    const shard = shardSettings(flags, env);
    if (flags.configCheck) invalid = EXIT.failed;
    source = sourceOf(flags.configFile, env) ?? (flags.demo ? await demoSource() : undefined);
    if (source === undefined) return fail(nothingConfigured(env), EXIT.usage);
    inputs = await openInputs(source, shard, { flags, env }, log);
  } catch (error) {
    if (error instanceof ConfigError) return fail([error.message, ...error.hints].join("\n"), invalid);
    throw error;
  }
  const { holder } = inputs.config;
  for (const warning of holder.current().warnings) log.warn({}, warning);
  if (flags.configCheck) {
    console.log(`the configuration is good: ${configSummary(holder.current(), holder.deps())}`);
    return;
  }
  // Listens before it probes, so that a port in use costs no prompts.
  const starting = inputs.web.guard(whileStarting(flags.routePrefix));
  inputs.web.server.on("request", starting);
  const port = await listen(inputs.web.server, inputs.address);
  if (typeof port === "string") return fail(port, EXIT.failed);
  const linkUrl = publicUrl(flags, { ...inputs.address, port }, inputs.web.scheme);
  await run({ flags, env, version }, { ...inputs, linkUrl }, log, starting);
  const url = `${localUrl({ ...inputs.address, port }, inputs.web.scheme)}${flags.routePrefix}`;
  log.info({ version, address: url, targets: holder.current().targets.length }, "heartbeat-exporter listens");
  if (source.kind === "text") process.stdout.write(demoNotice(url));
}

/**
 * Returns the URL for links in alerts: the external one, else one with the address that the exporter listens on, or the name of
 * its host if it listens on all.
 */
function publicUrl(
  { externalUrl, routePrefix }: Pick<Flags, "externalUrl" | "routePrefix">,
  { host, port }: ListenAddress,
  scheme: "http" | "https",
): string {
  if (externalUrl === undefined) {
    const isAnyAddress = host === undefined || host === "0.0.0.0" || host === "::";
    return `${localUrl({ host: isAnyAddress ? hostname() : host, port }, scheme)}${routePrefix}`;
  }
  // Links are seen by people who must not see a password.
  return `${externalUrl.origin}${externalUrl.pathname}`.replace(/\/+$/, "");
}

/** Everything that is checked before the exporter starts. */
interface Inputs {
  readonly address: ListenAddress;
  readonly config: OpenConfig;
  readonly web: Web;
  /** Returns the URL of a shard. */
  readonly shardUrl?: (index: number) => URL;
}

/** @throws ConfigError if the address, the configuration or the web configuration is invalid */
async function openInputs(
  source: ConfigSource,
  shard: ShardSettings | undefined,
  { flags, env }: Pick<Start, "flags" | "env">,
  log: Log,
): Promise<Inputs> {
  const address = flags.listenAddress ?? addressFromEnv(env);
  const config = await openConfig(source, { ...configDeps, ...defined({ shard }) }, systemClock);
  const controlToken = () => config.holder.current().control.token;
  const web = createWeb(flags.webConfigFile, { clock: systemClock, log, controlToken });
  return { address, config, web, ...defined({ shardUrl: shard?.urlOf }) };
}

/**
 * Builds the exporter and its plugins, and keeps them running until a signal.
 * @param starting the listener of the time until then
 */
async function run(
  { flags, env, version }: Start,
  { config, web, shardUrl, linkUrl }: Inputs & { readonly linkUrl: string },
  log: Log,
  starting: RequestListener,
): Promise<void> {
  const { holder } = config;
  const { storage } = holder.current();
  // Only a default, because images set the variable: a file says more exactly where the state is.
  const file = flags.storagePath ?? storage.path ?? storagePathFromEnv(env);
  const { memory, history, store } = await openState(file, storage, log);

  const reloads = createReloads(holder, history, log);
  const exporter = createExporter({
    clock: systemClock,
    log,
    version,
    url: linkUrl,
    config: holder.current(),
    memory,
    history,
    ...(store === undefined ? {} : { store: () => store.status() }),
    timeoutOffset: flags.timeoutOffset,
    historyLimit: flags.historyLimit,
    routePrefix: flags.routePrefix,
    showsPage: flags.showsPage,
    ...defined({ externalUrl: flags.externalUrl, shardUrl }),
    reload: reloads.reload,
    reloadStatus: () => holder.status(),
  });
  const plugins = createRunningPlugins({ clock: systemClock, log, memory, report: exporter.report });
  plugins.run(config.plugins());

  holder.subscribe(async (next) => {
    for (const warning of next.warnings) log.warn({}, warning);
    store?.setBounds(next.storage);
    if (next.storage.path !== storage.path && flags.storagePath === undefined)
      log.warn({}, "storage.path has changed, which takes effect with a restart");
    await exporter.apply(next);
    plugins.run(config.plugins());
  });
  // A failure is already in the log and the history.
  process.on("SIGHUP", () => void reloads.reload().catch(() => {}));
  if (flags.autoReload)
    holder.watch(AUTO_RELOAD_INTERVAL, (error) => error !== undefined && reloads.failed(error));

  web.server.off("request", starting);
  web.server.on("request", web.guard(exporter.listener, exporter));
  const stop = async (): Promise<void> => {
    plugins.run(new Map());
    await exporter.stop();
  };
  stopOnSignal(web.server, { stop, close: async () => store?.close() }, log);
}

/** Reloads of the configuration, with their outcomes in the log and failures in the history. */
interface Reloads {
  /** Rejects with the problems of a bad configuration. */
  readonly reload: () => Promise<void>;
  /** Records the failure of a reload. */
  readonly failed: (error: unknown) => void;
}

function createReloads(holder: ConfigHolder, history: History, log: Log): Reloads {
  const failed = (error: unknown): void => {
    const problems = error instanceof ConfigError ? error.message.split("\n") : [String(error)];
    log.error({ problems }, "the new configuration cannot be used; the old one stays");
    history.record({ kind: "reload", at: systemClock.now(), subject: "", to: "failure" });
  };
  // Calls that share a reload share its line in the log.
  const reload = serialize(async (): Promise<void> => {
    try {
      const outcome = await holder.reload();
      log.info({ outcome }, "configuration reloaded");
    } catch (error) {
      failed(error);
      throw error;
    }
  });
  return { reload: reload.run, failed };
}

/** The state of an exporter: in a file or in memory. */
interface State {
  readonly memory: Memory;
  readonly history: History;
  readonly store?: Store;
}

async function openState(file: string | undefined, bounds: Storage, log: Log): Promise<State> {
  if (file === undefined) {
    return { memory: createMemory(), history: createMemoryHistory(systemClock, bounds.retention) };
  }
  // Loaded on demand: state in memory needs neither SQLite nor its threads.
  const { openStore } = await import("../store/store.ts");
  const store = await openStore({ path: file, bounds, clock: systemClock, log, patience: STORE_PATIENCE });
  return { memory: store.memory, history: store.history, store };
}

async function demoSource(): Promise<ConfigSource> {
  const { yaml } = await startDemo();
  return { kind: "text", name: "demonstration", text: yaml };
}

/**
 * Returns the address of `CONTEXT_API_HOST` and `CONTEXT_API_PORT`, or the default.
 * @throws ConfigError if it is invalid
 */
function addressFromEnv(env: Environment): ListenAddress {
  const text = listenAddressFromEnv(env);
  if (text === undefined) return { port: 8091 };
  const address = parseListenAddress(text);
  if (address !== undefined) return address;
  const problem = {
    place: "CONTEXT_API_HOST",
    path: "",
    got: JSON.stringify(env["CONTEXT_API_HOST"]),
    want: "a host name or an IP address",
  };
  throw new ConfigError([problem]);
}

function fail(text: string, code: number): void {
  console.error(text);
  process.exitCode = code;
}
