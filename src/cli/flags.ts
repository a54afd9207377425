import { Command, InvalidArgumentError, Option } from "commander";
import { nearest } from "../config/document/describe.ts";
import { defined } from "../core/defined.ts";
import { DURATION_FORM, parseDuration, type Seconds, seconds } from "../core/units.ts";
import { commands } from "./commands.ts";
import { externalUrl } from "./external-url.ts";
import { LISTEN_ADDRESS_FORM, type ListenAddress, parseListenAddress } from "./listen-address.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "./log.ts";
import { exitUsage, type Run, withConfigFile, withShard } from "./shell.ts";

/** The flags of `serve`, parsed and validated. */
export interface Flags {
  readonly configFile?: string;
  readonly configCheck: boolean;
  readonly autoReload: boolean;
  readonly listenAddress?: ListenAddress;
  readonly webConfigFile?: string;
  readonly externalUrl?: URL;
  /** Without a trailing slash; empty for no prefix. */
  readonly routePrefix: string;
  /** True to show people the page at /. */
  readonly showsPage: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly timeoutOffset: Seconds;
  readonly historyLimit: number;
  readonly storagePath?: string;
  /** As written; `shardSettings` reads them with their variables. */
  readonly shard?: string;
  readonly totalShards?: string;
  readonly shardUrl?: string;
  readonly demo: boolean;
}

const HELP = `
Without --config.file, environment variables describe one LLM target: HEARTBEAT_LLM_URL, HEARTBEAT_LLM_MODEL,
HEARTBEAT_LLM_API_KEY[_FILE], HEARTBEAT_CHECK_INTERVAL, FAILOVER_MODE and others; docs/configuration.md lists them all.

SIGHUP reloads the configuration. SIGTERM and SIGINT stop the exporter with exit code 0.

Exit code: 0 stopped by a signal, or the configuration is valid (--config.check); 1 the exporter cannot start, or the
configuration is invalid (--config.check); 2 wrong flags or a bad configuration.

Examples:
  heartbeat-exporter --config.file=exporter.yml
  heartbeat-exporter --config.file=exporter.yml --config.check
  heartbeat-exporter probe --config.file=exporter.yml
  heartbeat-exporter report --url=http://127.0.0.1:8091 --window=7d
  heartbeat-exporter pack --out=/etc/prometheus/heartbeat
  heartbeat-exporter parse /var/log/petrosa/strategies.log
  HEARTBEAT_LLM_URL=http://127.0.0.1:11434/v1 HEARTBEAT_LLM_MODEL=llama3.2 heartbeat-exporter
`;

/** Returns the text of `--help`, for the documentation. */
export const flagsHelp = (): string => helpOf(createCommand("", () => {}));

/** Returns the text of each command's `--help` by the command's words, for the documentation. */
export const commandsHelp = (): readonly (readonly [words: string, help: string])[] =>
  createCommand("", () => {})
    .commands.filter((command) => command.name() !== "serve")
    .flatMap((command) => helpTexts(command, ""));

function helpTexts(command: Command, before: string): readonly (readonly [string, string])[] {
  const words = `${before}${command.name()}`;
  if (command.commands.length === 0) return [[words, helpOf(command)]];
  return command.commands.flatMap((inner) => helpTexts(inner, `${words} `));
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

/** A parsed command line: the exporter's flags, or a command to run. */
export type CommandLine =
  | { readonly kind: "serve"; readonly flags: Flags }
  | { readonly kind: "command"; readonly run: Run };

/**
 * Parses the command line. Wrong flags, `--help` and `--version` print their text and end the process.
 * @param argv as in `process.argv`
 */
export function readCommandLine(argv: readonly string[], version: string): CommandLine {
  let chosen: CommandLine | undefined;
  const command = createCommand(version, (one) => {
    chosen = one;
  });
  command.action(() => rejectArguments(command)).parse(argv);
  return chosen ?? { kind: "serve", flags: flagsOf(command.opts()) };
}

/** Ends the process if there are arguments without a command: the first one is a misspelt command. */
function rejectArguments(command: Command): void {
  const [word] = command.args;
  if (word === undefined) return;
  const names = command.commands.map((one) => one.name());
  const guess = nearest(word, names);
  const hint = guess === undefined ? `want one of ${names.join(", ")}` : `did you mean ${guess}?`;
  command.error(`error: unknown command '${word}', ${hint}`);
}

interface FlagValues {
  readonly "config.file"?: string;
  readonly "config.check"?: true;
  readonly "config.enableAutoReload"?: true;
  readonly "web.listenAddress"?: ListenAddress;
  readonly "web.config.file"?: string;
  readonly "web.externalUrl"?: URL;
  readonly "web.routePrefix"?: string;
  readonly "web.page": "on" | "off";
  readonly timeoutOffset: Seconds;
  readonly "history.limit": number;
  readonly "storage.path"?: string;
  readonly shard?: string;
  readonly totalShards?: string;
  readonly shardUrl?: string;
  readonly "log.level": LogLevel;
  readonly "log.format": LogFormat;
  readonly demo?: true;
}

function flagsOf(options: object): Flags {
  const values = options as FlagValues;
  const externalUrl = values["web.externalUrl"];
  return {
    ...defined({
      configFile: values["config.file"],
      listenAddress: values["web.listenAddress"],
      webConfigFile: values["web.config.file"],
      externalUrl,
      storagePath: values["storage.path"],
      shard: values.shard,
      totalShards: values.totalShards,
      shardUrl: values.shardUrl,
    }),
    configCheck: values["config.check"] ?? false,
    autoReload: values["config.enableAutoReload"] ?? false,
    routePrefix: values["web.routePrefix"] ?? withoutSlash(externalUrl?.pathname ?? ""),
    showsPage: values["web.page"] === "on",
    logLevel: values["log.level"],
    logFormat: values["log.format"],
    timeoutOffset: values.timeoutOffset,
    historyLimit: values["history.limit"],
    demo: values.demo ?? false,
  };
}

/**
 * Defines the program with all its commands.
 * @param choose called if the command line names a command
 */
const createCommand = (version: string, choose: (chosen: CommandLine) => void): Command => {
  const command = serveOptions(new Command("heartbeat-exporter"))
    .description(
      "Prometheus exporter that probes LLMs and HTTP services, judges their answers, accepts heartbeats and tells applications when to fail over.",
    )
    .usage("[command] [options]")
    .version(version, "--version", "show the version")
    .helpCommand(false)
    .enablePositionalOptions()
    .allowExcessArguments(true);
  const serve = serveOptions(new Command("serve"))
    .description("Run the exporter (the default command).")
    .action(() => {
      // Flags may stand before and after the word; those after it take precedence.
      const after = Object.entries(serve.opts()).filter(
        ([name]) => serve.getOptionValueSource(name) !== "default",
      );
      choose({ kind: "serve", flags: flagsOf({ ...command.opts(), ...Object.fromEntries(after) }) });
    });
  command.addCommand(serve);
  for (const one of commands((run) => choose({ kind: "command", run }))) command.addCommand(one);
  return command;
};

/** Adds the flags of the exporter, which stand with or without the word `serve`. */
const serveOptions = (command: Command): Command =>
  withShard(withOptions(command))
    .option(
      "--shard-url <url>",
      "URL of the shards, such as http://exporter-{shard}:8091, to which requests for theirs are redirected (or HEARTBEAT_SHARD_URL)",
    )
    .addOption(new Option("--log.level <level>", "log level").choices(LOG_LEVELS).default("info"))
    .addOption(new Option("--log.format <format>", "log format").choices(LOG_FORMATS).default("logfmt"))
    .option("--demo", "run a demonstration if nothing is configured")
    .addHelpText("after", HELP)
    .exitOverride(exitUsage)
    .allowExcessArguments(false);

/** Adds the flags of the configuration, the web server and the state. */
const withOptions = (command: Command): Command =>
  withConfigFile(command.helpOption("--help", "show this help"))
    .option("--config.check", "check the configuration, print its problems, and exit (0 valid, 1 invalid)")
    .option("--config.enable-auto-reload", "reload the configuration when its file changes")
    .option(
      "--web.listen-address <address>",
      `address to listen on: ${LISTEN_ADDRESS_FORM} (default: ":8091")`,
      listenAddress,
    )
    .option(
      "--web.config.file <path>",
      "file with TLS and basic authentication, in exporter-toolkit's format",
    )
    .option(
      "--web.external-url <url>",
      "URL under which Prometheus and users reach the exporter",
      externalUrl,
    )
    .option(
      "--web.route-prefix <path>",
      "path prefix of all routes (default: the path of --web.external-url)",
      routePrefix,
    )
    .addOption(
      new Option(
        "--web.page <on|off>",
        "show people the status page at /, and the pages of the configuration; off shows a list of links",
      )
        .choices(["on", "off"])
        .default("on"),
    )
    .option(
      "--timeout-offset <seconds>",
      "time to subtract from Prometheus' scrape timeout for the transfer of the answer",
      timeoutOffset,
      seconds(0.5),
    )
    .option(
      "--history.limit <count>",
      "number of recent probes, and of recent failures, that / and /logs show",
      historyLimit,
      100,
    )
    .option(
      "--storage.path <file>",
      "file for state and history, which then survive restarts (default: storage.path of the configuration, else HEARTBEAT_STORAGE_PATH, else memory only)",
    );

function listenAddress(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (address === undefined) throw new InvalidArgumentError(`got "${text}", want ${LISTEN_ADDRESS_FORM}`);
  return address;
}

function routePrefix(text: string): string {
  if (/^(\/[A-Za-z0-9._~-]+)*\/?$/.test(text)) return withoutSlash(text);
  throw new InvalidArgumentError(`got "${text}", want a path such as /heartbeat`);
}

/** Parses a duration or, as blackbox_exporter does, a number of seconds. */
function timeoutOffset(text: string): Seconds {
  const length = /^\d+(\.\d+)?$/.test(text) ? seconds(Number(text)) : parseDuration(text);
  if (length === undefined)
    throw new InvalidArgumentError(`got "${text}", want a number of seconds, or ${DURATION_FORM}`);
  return length;
}

function historyLimit(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`got "${text}", want a number from 0 to 99999`);
}

const withoutSlash = (path: string): string => path.replace(/\/+$/, "");
