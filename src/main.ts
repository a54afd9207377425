#!/usr/bin/env -S node --max-semi-space-size=4
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { createExporter } from "./app/exporter.ts";
import { createWeb, type Web } from "./app/web.ts";
import { type Flags, readCommandLine } from "./cli/flags.ts";
import { type ListenAddress, localUrl, parseListenAddress } from "./cli/listen-address.ts";
import { createLog } from "./cli/log.ts";
import { type OpenConfig, openConfig } from "./cli/open-config.ts";
import { runCommand } from "./cli/run-command.ts";
import { configDeps, NOTHING_CONFIGURED, sourceOf } from "./cli/shell.ts";
import type { ConfigSource } from "./config/config.ts";
import { ConfigError } from "./config/document/problems.ts";
import { listenAddressFromEnv } from "./config/env/env.ts";
import type { ConfigHolder } from "./config/reload.ts";
import type { Storage } from "./config/sections/storage.ts";
import { systemClock } from "./core/clock.ts";
import { defined } from "./core/defined.ts";
import type { History } from "./core/history.ts";
import type { Log } from "./core/log.ts";
import { createMemory, type Memory } from "./core/memory.ts";
import { seconds, toMilliseconds } from "./core/units.ts";
import { demoNotice, startDemo } from "./demo/demo.ts";
import { createRunningPlugins } from "./plugins/running.ts";
import { createMemoryHistory } from "./store/memory-history.ts";
import type { Store } from "./store/store.ts";

/** How long requests in flight are waited for at the end; their probes are aborted, so they have little left to do. */
const LONGEST_END = seconds(4);

/** How long the start waits for a store that an exporter before this one has not let go of yet. */
const STORE_PATIENCE = seconds(5);

/** How often --config.enable-auto-reload looks at the file. */
const AUTO_RELOAD_EVERY = seconds(5);

async function main(): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const commandLine = readCommandLine(process.argv, version);
  if (commandLine.kind === "command") return runCommand(commandLine.run, version);
  const { flags } = commandLine;
  const log = createLog(flags.logLevel, flags.logFormat);
  const source = sourceOf(flags.configFile, process.env) ?? (flags.demo ? await demonstration() : undefined);
  if (source === undefined) return fail(NOTHING_CONFIGURED);

  let address: ListenAddress;
  let opened: OpenConfig;
  let web: Web;
  try {
    address = addressOf(flags);
    opened = await openConfig(source, configDeps, systemClock);
    web = createWeb(flags.webConfigFile, {
      clock: systemClock,
      log,
      controlToken: () => opened.holder.current().control.token,
    });
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message);
    throw error;
  }
  const { holder } = opened;
  for (const warning of holder.current().warnings) log.warn({}, warning);
  if (flags.configCheck) return check(holder);

  await serve({ flags, log, version, ...opened, web, address, demonstrating: source.kind === "text" });
}

interface Serving {
  readonly flags: Flags;
  readonly log: Log;
  readonly version: string;
  readonly holder: ConfigHolder;
  readonly plugins: OpenConfig["plugins"];
  readonly web: Web;
  readonly address: ListenAddress;
  readonly demonstrating: boolean;
}

/** Listens first, so that a port in use costs no prompt, then probes. */
async function serve({
  flags,
  log,
  version,
  holder,
  plugins,
  web,
  address,
  demonstrating,
}: Serving): Promise<void> {
  const { server } = web;
  const port = await listen(server, address);
  if (typeof port === "string") return fail(port);
  const url = `${localUrl({ ...address, port }, web.scheme)}${flags.routePrefix}`;

  const reload = async (): Promise<void> => {
    try {
      const outcome = await holder.reload();
      log.info({ outcome }, "configuration reloaded");
    } catch (error) {
      reloadFailed(error);
      throw error;
    }
  };
  const { path } = holder.current().storage;
  const { memory, history, store } = await openPast(flags, holder.current().storage, log);
  const reloadFailed = (error: unknown): void => {
    logReloadFailure(log, error);
    history.record({ kind: "reload", at: systemClock.now(), subject: "", to: "failure" });
  };
  const exporter = createExporter({
    clock: systemClock,
    log,
    version,
    config: holder.current(),
    memory,
    history,
    ...(store === undefined ? {} : { store: () => store.status() }),
    timeoutOffset: flags.timeoutOffset,
    historyLimit: flags.historyLimit,
    routePrefix: flags.routePrefix,
    ...defined({ externalUrl: flags.externalUrl }),
    reload,
    reloadStatus: () => holder.status(),
  });
  const running = createRunningPlugins({ clock: systemClock, log, memory, report: exporter.report });
  running.run(plugins());
  holder.subscribe((config) => {
    for (const warning of config.warnings) log.warn({}, warning);
    store?.setBounds(config.storage);
    if (config.storage.path !== path && flags.storagePath === undefined)
      log.warn({}, "storage.path is read at the start only: another one takes effect with a restart");
    exporter.apply(config);
    running.run(plugins());
  });
  server.on("request", web.guard(exporter.listener));

  // A failed reload is in the log and in a metric already.
  process.on("SIGHUP", () => void reload().catch(() => {}));
  if (flags.autoReload)
    holder.watch(AUTO_RELOAD_EVERY, (error) => error !== undefined && reloadFailed(error));
  const stop = async (): Promise<void> => {
    running.run(new Map());
    await exporter.stop();
  };
  endOnSignal(server, stop, store, log);

  const targets = holder.current().targets.length;
  log.info({ version, address: url, targets }, "heartbeat-exporter listens");
  if (demonstrating) process.stdout.write(demoNotice(url));
}

/** What happened before, and what is to survive: in the file that the flag or the configuration names, or in memory. */
async function openPast(
  { storagePath }: Flags,
  { path, ...bounds }: Storage,
  log: Log,
): Promise<{ memory: Memory; history: History; store?: Store }> {
  const file = storagePath ?? path;
  if (file === undefined) {
    return { memory: createMemory(), history: createMemoryHistory(systemClock, bounds.retention) };
  }
  // Not loaded where it is not wanted.
  const { openStore } = await import("./store/store.ts");
  const store = await openStore({ path: file, bounds, clock: systemClock, log, patience: STORE_PATIENCE });
  return { memory: store.memory, history: store.history, store };
}

const demonstration = async (): Promise<ConfigSource> => ({
  kind: "text",
  name: "demonstration",
  text: (await startDemo()).yaml,
});

/**
 * The flag, or what the environment says, or the default.
 * @throws ConfigError when what the environment says is no address
 */
function addressOf({ listenAddress }: Flags): ListenAddress {
  if (listenAddress !== undefined) return listenAddress;
  const text = listenAddressFromEnv(process.env);
  if (text === undefined) return { port: 8091 };
  const address = parseListenAddress(text);
  if (address !== undefined) return address;
  const problem = {
    place: "CONTEXT_API_HOST",
    path: "",
    got: JSON.stringify(process.env["CONTEXT_API_HOST"]),
    want: "a host name or an IP address",
  };
  throw new ConfigError([problem]);
}

function check(holder: ConfigHolder): void {
  const { modules, targets } = holder.current();
  console.log(`the configuration is good: ${modules.size} modules, ${targets.length} targets`);
}

function fail(text: string): void {
  console.error(text);
  process.exitCode = 1;
}

/** The port in use, or the text that says why there is none. */
function listen(server: Server, { host, port }: ListenAddress): Promise<number | string> {
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const place = `${host ?? ""}:${port}`;
      resolve(
        error.code === "EADDRINUSE"
          ? `${place}: the port is in use by another program; choose another with --web.listen-address`
          : `${place}: cannot listen there: ${error.message}`,
      );
    });
    server.listen({ port, ...defined({ host }) }, () => {
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
  });
}

/** The first signal ends in order: nothing new is accepted, probes are aborted, answers sent. A second one ends at once. */
function endOnSignal(server: Server, stop: () => Promise<void>, store: Store | undefined, log: Log): void {
  let ending = false;
  const end = async (signal: string): Promise<void> => {
    if (ending) process.exit(130);
    ending = true;
    log.info({ signal }, "shutting down");
    setTimeout(() => server.closeAllConnections(), toMilliseconds(LONGEST_END)).unref();
    const closed = new Promise((resolve) => server.close(resolve));
    await stop();
    // Before connections of clients that take their time: they must not cost what there is to be written.
    await Promise.race([store?.close().catch(() => {}), pause(toMilliseconds(LONGEST_END))]);
    server.closeIdleConnections();
    await closed;
    log.info({}, "goodbye");
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => void end(signal));
}

function logReloadFailure(log: Log, error: unknown): void {
  const problems = error instanceof ConfigError ? error.message.split("\n") : [String(error)];
  log.error({ problems }, "the new configuration cannot be used; the old one stays");
}

await main();
