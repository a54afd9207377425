import { Command, InvalidArgumentError, Option } from "commander";
import { DURATION_FORM, parseDuration } from "../core/duration.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "../log.ts";
import { type EstimateFlags, estimateCommand } from "./estimate.ts";
import { LISTEN_ADDRESS_FORM, type ListenAddress, parseListenAddress } from "./listen-address.ts";
import { type PackFlags, packCommand } from "./pack.ts";
import { type ParseFlags, parseCommand } from "./parse.ts";

/** The command line, read and checked. */
export interface Flags {
  readonly configFile?: string;
  readonly configCheck: boolean;
  readonly autoReload: boolean;
  readonly listenAddress?: ListenAddress;
  readonly externalUrl?: URL;
  /** Without the slash at its end; empty for none. */
  readonly routePrefix: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly timeoutOffset: Seconds;
  readonly historyLimit: number;
  readonly demo: boolean;
}

const EXAMPLES = `
Examples:
  heartbeat-exporter --config.file=exporter.yml
  heartbeat-exporter --config.file=exporter.yml --config.check
  heartbeat-exporter estimate --config.file=exporter.yml
  heartbeat-exporter pack --out /etc/prometheus/heartbeat
  heartbeat-exporter parse /var/log/petrosa/strategies.log
  HEARTBEAT_LLM_URL=http://127.0.0.1:11434/v1 HEARTBEAT_LLM_MODEL=llama3.2 heartbeat-exporter

Without --config.file the environment describes one LLM target: HEARTBEAT_LLM_URL, _MODEL, _API_KEY[_FILE],
HEARTBEAT_CHECK_INTERVAL, HEARTBEAT_FAILURE_THRESHOLD, FAILOVER_MODE and more, all in docs/configuration.md.

Signals: SIGHUP reloads the configuration, SIGTERM and SIGINT end the exporter (exit code 0).
`;

/** The text of `--help`, for the documentation. */
export const flagsHelp = (): string =>
  createCommand("", () => {})
    .configureOutput({ getOutHelpWidth: () => 100 })
    .helpInformation();

/** What the program is to do: to serve, unless a subcommand says otherwise. */
export type CommandLine =
  | { readonly kind: "serve"; readonly flags: Flags }
  | { readonly kind: "estimate"; readonly flags: EstimateFlags }
  | { readonly kind: "pack"; readonly flags: PackFlags }
  | { readonly kind: "parse"; readonly flags: ParseFlags };

/**
 * Reads the command line. Wrong flags, `--help` and `--version` end the process with their text, as commander does.
 * @param argv as in `process.argv`
 */
export function readCommandLine(argv: readonly string[], version: string): CommandLine {
  let chosen: CommandLine | undefined;
  const command = createCommand(version, (subcommand) => {
    chosen = subcommand;
  });
  command.action(() => {}).parse(argv);
  return chosen ?? { kind: "serve", flags: flagsOf(command) };
}

function flagsOf(command: Command): Flags {
  const given = command.opts<{
    "config.file"?: string;
    "config.check"?: true;
    "config.enableAutoReload"?: true;
    "web.listenAddress"?: ListenAddress;
    "web.externalUrl"?: URL;
    "web.routePrefix"?: string;
    timeoutOffset: Seconds;
    "history.limit": number;
    "log.level": LogLevel;
    "log.format": LogFormat;
    demo?: true;
  }>();
  const external = given["web.externalUrl"];
  return {
    ...(given["config.file"] === undefined ? {} : { configFile: given["config.file"] }),
    configCheck: given["config.check"] ?? false,
    autoReload: given["config.enableAutoReload"] ?? false,
    ...(given["web.listenAddress"] === undefined ? {} : { listenAddress: given["web.listenAddress"] }),
    ...(external === undefined ? {} : { externalUrl: external }),
    routePrefix: given["web.routePrefix"] ?? withoutSlash(external?.pathname ?? ""),
    logLevel: given["log.level"],
    logFormat: given["log.format"],
    timeoutOffset: given.timeoutOffset,
    historyLimit: given["history.limit"],
    demo: given.demo ?? false,
  };
}

const createCommand = (version: string, choose: (subcommand: CommandLine) => void): Command =>
  new Command("heartbeat-exporter")
    .description(
      "Prometheus exporter that probes LLMs and HTTP services, judges the answers and keeps failover mode.",
    )
    .version(version, "--version", "print the version")
    .helpOption("--help", "print this help")
    .option(
      "--config.file <path>",
      "configuration, in YAML; without it the environment describes one LLM target",
    )
    .option(
      "--config.check",
      "check the configuration, print what is wrong with it, and exit (0 good, 1 bad)",
    )
    .option("--config.enable-auto-reload", "reload the configuration when its file changes")
    .option(
      "--web.listen-address <address>",
      `address to listen on: ${LISTEN_ADDRESS_FORM} (default: ":8091")`,
      listenAddress,
    )
    .option(
      "--web.external-url <url>",
      "address under which Prometheus and people reach the exporter",
      externalUrl,
    )
    .option(
      "--web.route-prefix <path>",
      "path under which all routes stand (default: the path of --web.external-url)",
      routePrefix,
    )
    .option(
      "--timeout-offset <seconds>",
      "what is left of a scrape's timeout for the answer to travel",
      timeoutOffset,
      seconds(0.5),
    )
    .option(
      "--history.limit <count>",
      "how many recent probes, and how many failed ones, / and /logs show",
      historyLimit,
      100,
    )
    .addOption(
      new Option("--log.level <level>", "least severe events to log").choices(LOG_LEVELS).default("info"),
    )
    .addOption(new Option("--log.format <format>", "form of the log").choices(LOG_FORMATS).default("logfmt"))
    .option("--demo", "when nothing is configured, run a demonstration instead of ending")
    .addCommand(estimateCommand((flags) => choose({ kind: "estimate", flags })))
    .addCommand(packCommand((flags) => choose({ kind: "pack", flags })))
    .addCommand(parseCommand((flags) => choose({ kind: "parse", flags })))
    .helpCommand(false)
    .enablePositionalOptions()
    .addHelpText("after", EXAMPLES)
    .allowExcessArguments(false);

function listenAddress(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (address === undefined) throw new InvalidArgumentError(`got "${text}", want ${LISTEN_ADDRESS_FORM}`);
  return address;
}

function externalUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new InvalidArgumentError(`got "${text}", want an URL such as https://exporter.example.com/heartbeat`);
}

function routePrefix(text: string): string {
  if (/^(\/[A-Za-z0-9._~-]+)*\/?$/.test(text)) return withoutSlash(text);
  throw new InvalidArgumentError(`got "${text}", want a path such as /heartbeat`);
}

/** Blackbox_exporter's flag is a bare number of seconds; a duration says more, so both are read. */
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
