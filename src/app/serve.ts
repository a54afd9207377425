import { exposureText } from "../cli/exposure.ts";
import type { Flags } from "../cli/flags.ts";
import { configDeps, nothingConfigured, sourceOf } from "../cli/load-config.ts";
import { createLog, defaultLogFormat, type LogFormat } from "../cli/log.ts";
import { type OpenConfig, openConfig } from "../cli/open-config.ts";
import { EXIT } from "../cli/shell.ts";
import type { Config, ConfigSource } from "../config/config.ts";
import type { Environment } from "../config/document/convert.ts";
import { ConfigError } from "../config/document/problems.ts";
import { healthSocketFromEnv, storagePathFromEnv, warnOfUnknownVariables } from "../config/env/env.ts";
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
import { ownCommand } from "../demo/own-command.ts";
import { endAfterOutput } from "../files/end-process.ts";
import { onHangingFiles } from "../files/files.ts";
import type { ListenAddress } from "../listening/address.ts";
import { openHealthSocket } from "../listening/health-socket.ts";
import { ListenError } from "../listening/listen-error.ts";
import { type Listeners, openListeners } from "../listening/listeners.ts";
import { systemdSockets } from "../listening/systemd-sockets.ts";
import { createRunningPlugins } from "../plugins/running.ts";
import { createMemoryHistory } from "../store/memory-history.ts";
import type { Store } from "../store/store.ts";
import { createExporter } from "./exporter.ts";
import { trimHeapAfterStart } from "./heap-trim.ts";
import { stopOnSignal, whileStarting } from "./lifecycle.ts";
import { listenAddresses } from "./listen-addresses.ts";
import type { ProbeLog } from "./log-probe.ts";
import { publicUrl } from "./public-url.ts";
import { createServiceManager, type ServiceManager } from "./service-manager.ts";
import { createWeb, type Web } from "./web.ts";

/** Longest wait at the start for a store that a previous exporter still has open. */
const STORE_PATIENCE = seconds(5);

/** Command line, environment and version that an exporter starts with. */
export interface Start {
  readonly flags: Flags;
  readonly env: Environment;
  readonly version: string;
  /** True if a person has started the program, who sees a demonstration if nothing is configured; see {@link isStartedByHand}. */
  readonly startedByHand: boolean;
}

/**
 * Runs the exporter until a signal ends the process. Prints why and sets the exit code if it cannot start. With
 * `--config.check`, only checks the configuration.
 */
export async function serve({ flags, env, version, startedByHand }: Start): Promise<void> {
  const logFormat = flags.logFormat ?? defaultLogFormat(env);
  const log = createLog(flags.logLevel, logFormat);
  onHangingFiles((text) => log.warn({}, text));
  let source: ConfigSource | undefined;
  let inputs: Inputs;
  // An invalid configuration is the result of a check, and wrong use otherwise.
  let invalid: number = EXIT.usage;
  try {
    const shard = shardSettings(flags, env);
    if (flags.configCheck) invalid = EXIT.failed;
    // A variable that is misspelt was meant to configure the exporter.
    const demo =
      flags.demo || (startedByHand && !flags.configCheck && warnOfUnknownVariables(env).length === 0);
    source = sourceOf(flags.configFile, env) ?? (demo ? await demoSource() : undefined);
    if (source === undefined) return await fail(nothingConfigured(env), EXIT.usage);
    inputs = await openInputs(source, shard, { flags, env }, log);
  } catch (error) {
    if (error instanceof ConfigError) return await fail([error.message, ...error.hints].join("\n"), invalid);
    if (error instanceof ListenError) return await fail(error.message, EXIT.failed);
    throw error;
  }
  const { holder } = inputs.config;
  for (const warning of holder.current().warnings) log.warn({}, warning);
  if (flags.configCheck) {
    const config = holder.current();
    const exposure = exposureText(config, flags.probesAny);
    console.log(`the configuration is good: ${configSummary(config, holder.deps())}\n${exposure}`.trimEnd());
    return await endAfterOutput(EXIT.good);
  }
  // Listens before it probes, so that a port in use costs no prompts.
  const opened = await openAll(inputs, { flags, env });
  if (typeof opened === "string") return await fail(opened, EXIT.failed);
  await answerHealthCheck(env, log);
  const { list } = opened;
  const linkUrl = publicUrl(flags, list, inputs.web.scheme);
  // Before anything is probed: it starts a program, which takes time from what is measured.
  const manager = createServiceManager({ env, pid: process.pid, clock: systemClock, log });
  try {
    await run({ flags, env, version }, { ...inputs, listeners: opened, linkUrl, manager, logFormat }, log);
  } catch (error) {
    opened.closeAllConnections();
    await opened.close();
    throw error;
  }
  const [url = "", ...others] = list.map((listener) => `${listener.url}${flags.routePrefix}`);
  log.info({ version, address: url, targets: holder.current().targets.length }, "heartbeat-exporter listens");
  for (const address of others) log.info({ address }, "heartbeat-exporter also listens");
  manager.ready(statusOf(holder.current()));
  trimHeapAfterStart(systemClock);
  if (source.kind === "text") process.stdout.write(demoNotice(url, ownCommand(env)));
}

/** Opens all listeners. Returns an error text if one cannot be opened. */
async function openAll(
  { addresses, web }: Inputs,
  { flags, env }: Pick<Start, "flags" | "env">,
): Promise<Listeners | string> {
  try {
    const places = flags.systemdSocket
      ? systemdSockets(env, process.pid).map((descriptor) => ({ kind: "descriptor", descriptor }) as const)
      : addresses;
    return await openListeners(places, web, web.guard(whileStarting(flags.routePrefix)));
  } catch (error) {
    web.stop();
    if (error instanceof ListenError) return error.message;
    throw error;
  }
}

/** Opens the socket for the health check of the image, if the environment names one. A failure is logged. */
async function answerHealthCheck(env: Environment, log: Log): Promise<void> {
  const name = healthSocketFromEnv(env);
  if (name === undefined) return;
  try {
    await openHealthSocket(name);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    log.warn({}, `HEARTBEAT_HEALTH_SOCKET: the health check will fail: ${text}`);
  }
}

/** Everything that is checked before the exporter starts. */
interface Inputs {
  readonly addresses: readonly ListenAddress[];
  readonly config: OpenConfig;
  readonly web: Web;
  /** Returns the URL of a shard. */
  readonly shardUrl?: (index: number) => URL;
}

/** @throws ConfigError if an address, the configuration or the web configuration is invalid */
async function openInputs(
  source: ConfigSource,
  shard: ShardSettings | undefined,
  { flags, env }: Pick<Start, "flags" | "env">,
  log: Log,
): Promise<Inputs> {
  const addresses = listenAddresses(flags, env);
  const config = await openConfig(source, { ...configDeps, ...defined({ shard }) }, systemClock);
  const controlToken = () => config.holder.current().control.token;
  const web = createWeb(flags.webConfigFile, { clock: systemClock, log, controlToken });
  return { addresses, config, web, ...defined({ shardUrl: shard?.urlOf }) };
}

/** An exporter that listens but does not work yet. */
interface ListeningInputs extends Inputs {
  readonly listeners: Listeners;
  readonly linkUrl: string;
  readonly manager: ServiceManager;
  readonly logFormat: LogFormat;
}

/** Builds the exporter and its plugins, and keeps them running until a signal. */
async function run(
  { flags, env, version }: Omit<Start, "startedByHand">,
  { config, web, listeners, shardUrl, linkUrl, manager, logFormat }: ListeningInputs,
  log: Log,
): Promise<void> {
  const { holder } = config;
  const { storage } = holder.current();
  // Only a default, because images set the variable: a file says more exactly where the state is.
  const file = flags.storagePath ?? storage.path ?? storagePathFromEnv(env);
  const { memory, history, store } = await openState(file, storage, log);

  const reloads = createReloads(holder, history, manager, log);
  const exporter = createExporter({
    clock: systemClock,
    log,
    ...defined({ probeLog: probeLog(flags, logFormat) }),
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
    probesAny: flags.probesAny,
    blackboxMetrics: flags.blackboxMetrics,
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
    holder.watch(flags.autoReloadInterval, (error) => error !== undefined && reloads.failed(error));

  listeners.handle(web.guard(exporter.listener, exporter));
  const stop = async (): Promise<void> => {
    manager.stopping();
    plugins.run(new Map());
    web.stop();
    await exporter.stop();
  };
  stopOnSignal(listeners, { stop, close: async () => store?.close() }, log);
}

/** Returns what `systemctl status` shows about an exporter with this configuration. */
function statusOf({ targets }: Pick<Config, "targets">): string {
  return `${targets.length} ${targets.length === 1 ? "target" : "targets"}`;
}

/** Returns the log of `--log.prober`, which does not depend on `--log.level`. */
function probeLog({ logProber }: Flags, logFormat: LogFormat): ProbeLog | undefined {
  if (logProber === undefined) return undefined;
  return { log: createLog(logProber, logFormat), failures: "error" };
}

/** Reloads of the configuration, with their outcomes in the log and failures in the history. */
interface Reloads {
  /** Rejects with the problems of a bad configuration. */
  readonly reload: () => Promise<void>;
  /** Records the failure of a reload. */
  readonly failed: (error: unknown) => void;
}

function createReloads(holder: ConfigHolder, history: History, manager: ServiceManager, log: Log): Reloads {
  const failed = (error: unknown): void => {
    const problems = error instanceof ConfigError ? error.message.split("\n") : [String(error)];
    log.error({ problems }, "the new configuration cannot be used; the old one stays");
    history.record({ kind: "reload", at: systemClock.now(), subject: "", to: "failure" });
  };
  // Calls that share a reload share its line in the log.
  const reload = serialize(async (): Promise<void> => {
    manager.reloading();
    try {
      const outcome = await holder.reload();
      log.info({ outcome }, "configuration reloaded");
      manager.ready(statusOf(holder.current()));
    } catch (error) {
      failed(error);
      manager.ready(`${statusOf(holder.current())}; the new configuration cannot be used`);
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

/** Starts the demonstration's servers. Rejects with a ListenError if they cannot listen. */
async function demoSource(): Promise<ConfigSource> {
  const { yaml } = await startDemo().catch((error: Error) => {
    throw new ListenError(`the targets of the demonstration cannot listen: ${error.message}`, {
      cause: error,
    });
  });
  return { kind: "text", name: "demonstration", text: yaml };
}

async function fail(text: string, code: number): Promise<void> {
  console.error(text);
  await endAfterOutput(code);
}
