#!/usr/bin/env -S node --max-semi-space-size=4
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type EstimateFlags, estimateJson, estimateText } from "./cli/estimate.ts";
import { type Flags, readCommandLine } from "./cli/flags.ts";
import { type ListenAddress, localUrl, parseListenAddress } from "./cli/listen-address.ts";
import { logModule } from "./cli/log-module.ts";
import { type PackFlags, pack } from "./cli/pack.ts";
import { type ParseFlags, parseLog } from "./cli/parse.ts";
import type { ConfigDeps, ConfigSource } from "./config/config.ts";
import { describesTarget, listenAddressFromEnv } from "./config/env.ts";
import { type ConfigHolder, createConfigHolder } from "./config/reload.ts";
import { ConfigError } from "./config/report.ts";
import { systemClock } from "./core/clock.ts";
import type { Log } from "./core/log.ts";
import { createMemory } from "./core/memory.ts";
import { seconds, toMilliseconds } from "./core/units.ts";
import { demoNotice, startDemo } from "./demo/demo.ts";
import { createExporter, type Exporter } from "./exporter.ts";
import { createLog } from "./log.ts";
import { estimateDay } from "./money/estimate.ts";
import { probers } from "./probers/index.ts";
import { compileRegexp } from "./probers/regexp.ts";

/** How long requests in flight are waited for at the end; their probes are aborted, so they have little left to do. */
const LONGEST_END = seconds(4);

/** How often --config.enable-auto-reload looks at the file. */
const AUTO_RELOAD_EVERY = seconds(5);

const NOTHING_CONFIGURED = `nothing is configured: give --config.file, or describe an LLM with HEARTBEAT_LLM_URL and HEARTBEAT_LLM_MODEL,
or let machines ping with HEARTBEAT_PING_TOKEN;
--demo runs a demonstration, --help says more`;

const configDeps: ConfigDeps = { probers, formats: { regexp: isRegexp } };

async function main(): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const commandLine = readCommandLine(process.argv, version);
  if (commandLine.kind === "estimate") return printEstimate(commandLine.flags);
  if (commandLine.kind === "pack") return writePack(commandLine.flags);
  if (commandLine.kind === "parse") return printParsed(commandLine.flags);
  const { flags } = commandLine;
  const log = createLog(flags.logLevel, flags.logFormat);
  const source = await sourceOf(flags);
  if (source === undefined) return fail(NOTHING_CONFIGURED);

  let address: ListenAddress;
  let holder: ConfigHolder;
  try {
    address = addressOf(flags);
    holder = createConfigHolder(source, configDeps, systemClock);
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message);
    throw error;
  }
  for (const warning of holder.current().warnings) log.warn({}, warning);
  if (flags.configCheck) return check(holder);

  await serve({ flags, log, version, holder, address, demonstrating: source.kind === "text" });
}

interface Serving {
  readonly flags: Flags;
  readonly log: Log;
  readonly version: string;
  readonly holder: ConfigHolder;
  readonly address: ListenAddress;
  readonly demonstrating: boolean;
}

/** Listens first, so that a port in use costs no prompt, then probes. */
async function serve({ flags, log, version, holder, address, demonstrating }: Serving): Promise<void> {
  // Prometheus keeps its connections between scrapes, which are a minute apart by default.
  const server = createServer({ keepAliveTimeout: toMilliseconds(seconds(90)) });
  const port = await listen(server, address);
  if (typeof port === "string") return fail(port);
  const url = `${localUrl({ ...address, port })}${flags.routePrefix}`;

  const reload = async (): Promise<void> => {
    try {
      const outcome = await holder.reload();
      log.info({ outcome }, "configuration reloaded");
    } catch (error) {
      logReloadFailure(log, error);
      throw error;
    }
  };
  const exporter = createExporter({
    clock: systemClock,
    log,
    version,
    config: holder.current(),
    memory: createMemory(),
    timeoutOffset: flags.timeoutOffset,
    historyLimit: flags.historyLimit,
    routePrefix: flags.routePrefix,
    ...(flags.externalUrl === undefined ? {} : { externalUrl: flags.externalUrl }),
    reload,
    reloadStatus: () => holder.status(),
  });
  holder.subscribe((config) => {
    for (const warning of config.warnings) log.warn({}, warning);
    exporter.apply(config);
  });
  server.on("request", exporter.listener);

  // A failed reload is in the log and in a metric already.
  process.on("SIGHUP", () => void reload().catch(() => {}));
  if (flags.autoReload)
    holder.watch(AUTO_RELOAD_EVERY, (error) => error !== undefined && logReloadFailure(log, error));
  endOnSignal(server, exporter, log);

  const targets = holder.current().targets.length;
  log.info({ version, address: url, targets }, "heartbeat-exporter listens");
  if (demonstrating) process.stdout.write(demoNotice(url));
}

/** Where the configuration comes from, or `undefined` when there is none. */
async function sourceOf({
  configFile,
  demo,
}: Pick<Flags, "configFile" | "demo">): Promise<ConfigSource | undefined> {
  if (configFile !== undefined) return { kind: "file", path: configFile, env: process.env };
  if (describesTarget(process.env)) return { kind: "environment", env: process.env };
  return demo ? { kind: "text", name: "demonstration", text: (await startDemo()).yaml } : undefined;
}

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

/** Prints what a configuration costs; nothing is probed. */
async function printEstimate({ configFile, json, measured }: EstimateFlags): Promise<void> {
  const source = await sourceOf({ ...(configFile === undefined ? {} : { configFile }), demo: false });
  if (source === undefined) return fail(NOTHING_CONFIGURED);
  try {
    const { targets, prices } = createConfigHolder(source, configDeps, systemClock).current();
    const estimates = estimateDay(targets, prices, measured);
    process.stdout.write((json ? estimateJson : estimateText)(estimates, measured));
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message);
    throw error;
  }
}

/** Writes rules, dashboards and the rest, and says what it wrote. */
function writePack(flags: PackFlags): void {
  const { ok, text } = pack(flags, process.env);
  process[ok ? "stdout" : "stderr"].write(text);
  process.exitCode = ok ? 0 : 1;
}

/** Prints what is in a log. */
async function printParsed(flags: ParseFlags): Promise<void> {
  // Whoever reads the output may have seen enough, as `head` does.
  process.stdout.on("error", () => process.exit(0));
  try {
    const module = logModule(flags, configDeps, process.env);
    const { stdin, stdout, stderr } = process;
    const { heartbeats, lines } = await parseLog(flags, {
      module,
      clock: systemClock,
      stdin,
      stdout,
      screen: stderr,
    });
    if (heartbeats === 0) fail(`${flags.file}: no heartbeat in ${lines} lines`);
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message);
    fail(`${flags.file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
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
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
  });
}

/** The first signal ends in order: nothing new is accepted, probes are aborted, answers sent. A second one ends at once. */
function endOnSignal(server: Server, exporter: Exporter, log: Log): void {
  let ending = false;
  const end = async (signal: string): Promise<void> => {
    if (ending) process.exit(130);
    ending = true;
    log.info({ signal }, "shutting down");
    setTimeout(() => server.closeAllConnections(), toMilliseconds(LONGEST_END)).unref();
    const closed = new Promise((resolve) => server.close(resolve));
    await exporter.stop();
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

function isRegexp(source: string): boolean {
  try {
    compileRegexp(source);
    return true;
  } catch {
    return false;
  }
}

await main();
