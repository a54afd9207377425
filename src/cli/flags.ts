import { Command, InvalidArgumentError, Option } from "commander";
import { nearest } from "../config/document/describe.ts";
import { defined } from "../core/defined.ts";
import { DURATION_FORM, parseDuration, type Seconds, seconds } from "../core/units.ts";
import { type Choose, commands } from "./commands.ts";
import { LISTEN_ADDRESS_FORM, type ListenAddress, parseListenAddress } from "./listen-address.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "./log.ts";

/** The command line, read and checked. */
export interface Flags {
  readonly configFile?: string;
  readonly configCheck: boolean;
  readonly autoReload: boolean;
  readonly listenAddress?: ListenAddress;
  readonly webConfigFile?: string;
  readonly externalUrl?: URL;
  /** Without the slash at its end; empty for none. */
  readonly routePrefix: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly timeoutOffset: Seconds;
  readonly historyLimit: number;
  readonly storagePath?: string;
  readonly demo: boolean;
}

const EXAMPLES = `
Examples:
  heartbeat-exporter --config.file=exporter.yml
  heartbeat-exporter --config.file=exporter.yml --config.check
  heartbeat-exporter pack --out=/etc/prometheus/heartbeat
  heartbeat-exporter parse /var/log/petrosa/strategies.log
  heartbeat-exporter probe --config.file=exporter.yml
  heartbeat-exporter report --url=http://127.0.0.1:8091 --window=7d
  HEARTBEAT_LLM_URL=http://127.0.0.1:11434/v1 HEARTBEAT_LLM_MODEL=llama3.2 heartbeat-exporter

Without --config.file the environment describes one LLM target: HEARTBEAT_LLM_URL, _MODEL, _API_KEY[_FILE],
HEARTBEAT_CHECK_INTERVAL, HEARTBEAT_FAILURE_THRESHOLD, FAILOVER_MODE and more, all in docs/configuration.md.

Signals: SIGHUP reloads the configuration, SIGTERM and SIGINT end the exporter (exit code 0).
`;

/** The text of `--help`, for the documentation. */
export const flagsHelp = (): string => helpOf(createCommand("", () => {}));

/** The text of `--help` of each command, with its words, for the documentation. */
export const commandsHelp = (): readonly (readonly [words: string, help: string])[] =>
  commands(() => {}).flatMap((command) => helpTexts(command, ""));

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

/** What the program is to do: to serve, unless a command says otherwise. */
export type CommandLine =
  | { readonly kind: "serve"; readonly flags: Flags }
  | { readonly kind: "command"; readonly run: Parameters<Choose>[0] };

/**
 * Reads the command line. Wrong flags, `--help` and `--version` end the process with their text, as commander does.
 * @param argv as in `process.argv`
 */
export function readCommandLine(argv: readonly string[], version: string): CommandLine {
  let chosen: CommandLine | undefined;
  const command = createCommand(version, (one) => {
    chosen = one;
  });
  command.action(() => refuseWords(command)).parse(argv);
  return chosen ?? { kind: "serve", flags: flagsOf(command.opts()) };
}

/** Without a command there are no words: one that is there was to be a command. */
function refuseWords(command: Command): void {
  const [word] = command.args;
  if (word === undefined) return;
  const known = command.commands.map((one) => one.name());
  const guess = nearest(word, known);
  const hint = guess === undefined ? `want one of ${known.join(", ")}` : `did you mean ${guess}?`;
  command.error(`error: unknown command '${word}', ${hint}`);
}

interface GivenFlags {
  readonly "config.file"?: string;
  readonly "config.check"?: true;
  readonly "config.enableAutoReload"?: true;
  readonly "web.listenAddress"?: ListenAddress;
  readonly "web.config.file"?: string;
  readonly "web.externalUrl"?: URL;
  readonly "web.routePrefix"?: string;
  readonly timeoutOffset: Seconds;
  readonly "history.limit": number;
  readonly "storage.path"?: string;
  readonly "log.level": LogLevel;
  readonly "log.format": LogFormat;
  readonly demo?: true;
}

function flagsOf(options: object): Flags {
  const given = options as GivenFlags;
  const external = given["web.externalUrl"];
  return {
    ...(given["config.file"] === undefined ? {} : { configFile: given["config.file"] }),
    configCheck: given["config.check"] ?? false,
    autoReload: given["config.enableAutoReload"] ?? false,
    ...(given["web.listenAddress"] === undefined ? {} : { listenAddress: given["web.listenAddress"] }),
    ...(given["web.config.file"] === undefined ? {} : { webConfigFile: given["web.config.file"] }),
    ...defined({ externalUrl: external }),
    routePrefix: given["web.routePrefix"] ?? withoutSlash(external?.pathname ?? ""),
    logLevel: given["log.level"],
    logFormat: given["log.format"],
    timeoutOffset: given.timeoutOffset,
    historyLimit: given["history.limit"],
    ...(given["storage.path"] === undefined ? {} : { storagePath: given["storage.path"] }),
    demo: given.demo ?? false,
  };
}

/** @param choose told of the command that is meant, if there is one */
const createCommand = (version: string, choose: (chosen: CommandLine) => void): Command => {
  const command = serveOptions(new Command("heartbeat-exporter"))
    .description(
      "Prometheus exporter that probes LLMs and HTTP services, judges the answers and keeps failover mode.",
    )
    .usage("[command] [options]")
    .version(version, "--version", "print the version")
    .helpCommand(false)
    .enablePositionalOptions()
    .allowExcessArguments(true);
  const serve = serveOptions(new Command("serve"))
    .description("run the exporter; the same as without a command")
    .action(() => {
      // What stands before the word counts too, unless it is said again behind it.
      const again = Object.entries(serve.opts()).filter(
        ([name]) => serve.getOptionValueSource(name) !== "default",
      );
      choose({ kind: "serve", flags: flagsOf({ ...command.opts(), ...Object.fromEntries(again) }) });
    });
  command.addCommand(serve);
  for (const one of commands((run) => choose({ kind: "command", run }))) command.addCommand(one);
  return command;
};

/** The flags of an exporter that serves, with or without the word. */
const serveOptions = (command: Command): Command =>
  command
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
    .option("--web.config.file <path>", "TLS and basic authentication, in exporter-toolkit's form")
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
    .option(
      "--storage.path <file>",
      "file that keeps state and history over a restart; without it, and without storage.path of the configuration, memory does",
    )
    .addOption(
      new Option("--log.level <level>", "least severe events to log").choices(LOG_LEVELS).default("info"),
    )
    .addOption(new Option("--log.format <format>", "form of the log").choices(LOG_FORMATS).default("logfmt"))
    .option("--demo", "when nothing is configured, run a demonstration instead of ending")
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
