import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createExporter } from "../../src/app/exporter.ts";
import { allMetrics } from "../../src/catalogue/index.ts";
import type { ConfigDeps } from "../../src/config/config.ts";
import { openConfigHolder } from "../../src/config/reload.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import type { History } from "../../src/core/history.ts";
import type { Log } from "../../src/core/log.ts";
import { createMemory, type Memory } from "../../src/core/memory.ts";
import type { Prober } from "../../src/core/prober.ts";
import { type Seconds, seconds } from "../../src/core/units.ts";
import { loggedRequests } from "../../src/server/front/request-log.ts";
import { withSecurityHeaders } from "../../src/server/front/security-headers.ts";
import { createMemoryHistory } from "../../src/store/memory-history.ts";
import { type Exit, type Running, start } from "./process.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Reads from package.json what `npm start` runs, so that tests and benchmarks run the same: variables, Node.js flags, program. */
function startScript(): { env: Record<string, string>; argv: string[] } {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    scripts: { start: string };
  };
  const words = scripts.start.split(" ");
  const node = words.indexOf("node");
  const env = words
    .slice(0, node)
    .filter((word) => word.includes("="))
    .map((word) => word.split("=") as [string, string]);
  const argv = words.slice(node + 1).filter((word) => word !== "--demo");
  return { env: Object.fromEntries(env), argv };
}

/** The exporter as a user runs it: a process of its own. */
export interface ExporterProcess extends AsyncDisposable {
  readonly url: string;
  readonly process: Running;
  /** The folder of its configuration file, which the test may change. */
  readonly folder: TemporaryFolder;
  /** Sends GET and returns the text; rejects unless the status is 200. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<string>;
  /** Sends GET and returns the JSON, whatever the status. */
  json(path: string): Promise<Record<string, unknown>>;
}

/** The configuration of an exporter process. */
export interface ExporterOptions {
  /** The text of `exporter.yml`, which --config.file names; without it only the environment configures the exporter. */
  readonly yaml?: string;
  /** Other files in the same folder, by relative name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A command that becomes the program in its arguments. */
  readonly command?: readonly string[];
  /** The checkout whose program runs; this one by default. */
  readonly root?: string;
  /** The file to run, relative to `root`; that of `npm start` by default. */
  readonly program?: string;
  /** Descriptors of this process that it inherits as 3, 4 and so on. */
  readonly descriptors?: readonly number[];
}

/** The environment of a test's exporter, without the variables of this machine that would configure it, and that of `npx vitest`. */
const cleanEnv = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^((HEARTBEAT|FAILOVER|CONTEXT_API|MACHINE)_|npm_command$)/.test(name),
    ),
  ),
  ...more,
});

/** Starts the exporter with these arguments. Does not wait: the process may be a command that ends by itself. */
export const runMain = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  {
    command = [],
    root = ROOT,
    program,
    descriptors = [],
  }: Pick<ExporterOptions, "command" | "root" | "program" | "descriptors"> = {},
): Running => {
  const { env: startEnv, argv } = startScript();
  const own = argv.map((word) => (program !== undefined && word.endsWith(".ts") ? program : word));
  return start([...command, process.execPath, ...own, ...args], {
    cwd: root,
    env: cleanEnv({ ...startEnv, ...env }),
    descriptors,
  });
};

/** Starts the exporter on a free port and waits until it listens. */
export async function startExporter({
  yaml,
  files = {},
  args = [],
  env,
  ...where
}: ExporterOptions): Promise<ExporterProcess> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  for (const [name, content] of Object.entries(files)) await folder.write(name, content);
  const config = yaml === undefined ? [] : [`--config.file=${await folder.write("exporter.yml", yaml)}`];
  const address = args.some((arg) => arg.startsWith("--web.listen-address"))
    ? []
    : ["--web.listen-address=127.0.0.1:0"];
  const running = resources.use(runMain([...address, ...config, ...args], env, where));
  const [, url = ""] = await running.waitForOutput(/heartbeat-exporter listens.*? address=(https?:\S+)/);
  const owned = resources.move();
  return {
    url,
    process: running,
    folder,
    get: async (path, headers = {}) => {
      const response = await fetch(`${url}${path}`, { headers });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
      return text;
    },
    json: async (path) => (await (await fetch(`${url}${path}`)).json()) as Record<string, unknown>,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Ends an exporter with SIGTERM, as a supervisor does, and measures how long that takes. */
export async function terminate({ process }: ExporterProcess): Promise<{ exit: Exit; took: Seconds }> {
  const begin = performance.now();
  process.kill("SIGTERM");
  const exit = await process.exited;
  return { exit, took: seconds((performance.now() - begin) / 1000) };
}

/** An exporter inside the test's own process, with probers of the test's choice and its log. */
export interface LocalExporter extends AsyncDisposable {
  readonly url: string;
  /** The folder of its configuration file, which the test may change. */
  readonly folder: TemporaryFolder;
  readonly logged: { level: string; message: string; fields: object }[];
  /** Stops the exporter's work; its routes still answer. */
  stop(): Promise<void>;
}

/** Starts the exporter in this process and serves its routes on a free port. */
export async function startLocalExporter(options: {
  readonly yaml: string;
  readonly probers: readonly Prober[];
  readonly files?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly routePrefix?: string;
  readonly externalUrl?: URL;
  readonly showsPage?: boolean;
  readonly probesAny?: boolean;
  /** The state that an earlier exporter left. */
  readonly memory?: Memory;
  readonly history?: History;
}): Promise<LocalExporter> {
  await using resources = new AsyncDisposableStack();
  const { probers, clock = systemClock, routePrefix = "", externalUrl } = options;
  const folder = resources.use(await temporaryFolder());
  for (const [name, content] of Object.entries(options.files ?? {})) await folder.write(name, content);
  const path = await folder.write("exporter.yml", options.yaml);
  const deps: ConfigDeps = { probers, metrics: allMetrics(probers), formats: { regexp: () => true } };
  const holder = await openConfigHolder({ source: { kind: "file", path, env: {} }, deps, clock });
  const logged: LocalExporter["logged"] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void logged.push({ level, message, fields });
  const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const exporter = createExporter({
    url: "http://exporter.test:8091",
    clock,
    log,
    version: "0.0.0-test",
    config: holder.current(),
    memory: options.memory ?? createMemory(),
    history: options.history ?? createMemoryHistory(clock, seconds(86_400)),
    timeoutOffset: seconds(0.5),
    historyLimit: 3,
    routePrefix,
    showsPage: options.showsPage ?? true,
    probesAny: options.probesAny ?? true,
    ...(externalUrl === undefined ? {} : { externalUrl }),
    reload: async () => {
      await holder.reload();
    },
    reloadStatus: () => holder.status(),
  });
  holder.subscribe((config) => exporter.apply(config));
  resources.defer(() => exporter.stop());
  // A client on a busy machine may send a request just when the server closes an idle connection.
  const server = createServer(
    { keepAliveTimeout: 120_000 },
    withSecurityHeaders(loggedRequests(exporter.listener, { log, clock })),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  resources.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const owned = resources.move();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    folder,
    logged,
    stop: () => exporter.stop(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
