import { Command } from "commander";
import { nearest } from "../config/document/describe.ts";
import { defined } from "../core/defined.ts";
import type { Seconds } from "../core/units.ts";
import type { ListenAddress } from "../listening/address.ts";
import { commands } from "./commands.ts";
import { withHelpAndVersion } from "./help.ts";
import type { LogFormat, LogLevel } from "./log.ts";
import { withLogFlags } from "./log-flags.ts";
import { withConfigFlags, withStateFlags } from "./serve-flags.ts";
import { type Choose, exitUsage, type Run, withShard } from "./shell.ts";
import { refuseRepeatedFlags } from "./single-flags.ts";
import { withWebFlags } from "./web-flags.ts";

/** The flags of `serve`, parsed and validated. */
export interface Flags {
  readonly configFile?: string;
  readonly configCheck: boolean;
  readonly autoReload: boolean;
  /** Interval at which the file is checked with `autoReload`. */
  readonly autoReloadInterval: Seconds;
  /** In the order of the command line; empty for the default address. */
  readonly listenAddresses: readonly ListenAddress[];
  /** True to listen on the sockets that systemd passes, instead of addresses. */
  readonly systemdSocket: boolean;
  readonly webConfigFile?: string;
  readonly externalUrl?: URL;
  /** Without a trailing slash; empty for no prefix. */
  readonly routePrefix: string;
  /** True to show people the page at /. */
  readonly showsPage: boolean;
  /** False if `/probe` takes configured targets only. */
  readonly probesAny: boolean;
  readonly logLevel: LogLevel;
  /** Without it, `defaultLogFormat`. */
  readonly logFormat?: LogFormat;
  /** The least severe lines of probes that are logged; without it they are logged at debug. */
  readonly logProber?: LogLevel;
  /** True to show the metrics that blackbox_exporter has about itself. */
  readonly blackboxMetrics: boolean;
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

If nothing is configured, the exporter runs a demonstration where a person has started it, on a terminal or with npx. A
service, a job or a container ends with exit code 2 instead: there a configuration is missing. --demo asks for the demonstration.

SIGHUP reloads the configuration. SIGTERM and SIGINT stop the exporter with exit code 0; one that is sent again later ends it
at once with 130.

Exit code: 0 stopped by a signal, or the configuration is valid (--config.check); 1 the exporter cannot start, or the
configuration is invalid (--config.check); 2 wrong flags, a bad configuration or none.

Examples:
  heartbeat-exporter init
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

/** Returns the program with its commands, for the documentation. */
export const programTree = (): Command => createCommand("", () => {});

/** Returns the text of each command's `--help` by the command's words, for the documentation. */
export const commandsHelp = (): readonly (readonly [words: string, help: string])[] =>
  createCommand("", () => {})
    .commands.filter((command) => command.name() !== "serve")
    .flatMap((command) => helpTexts(command, ""));

function helpTexts(command: Command, before: string): readonly (readonly [string, string])[] {
  const words = `${before}${command.name()}`;
  if (command.commands.length === 0) return [[words, helpOf(command)]];
  return command
    .createHelp()
    .visibleCommands(command)
    .flatMap((inner) => helpTexts(inner, `${words} `));
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
  refuseRepeatedFlags(command);
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
  readonly "config.check"?: boolean;
  readonly "config.enableAutoReload"?: boolean;
  readonly "config.autoReloadInterval": Seconds;
  readonly "web.listenAddress"?: readonly ListenAddress[];
  readonly "web.systemdSocket"?: boolean;
  readonly "web.config.file"?: string;
  readonly "web.externalUrl"?: URL;
  readonly "web.routePrefix"?: string;
  readonly "web.page": "on" | "off";
  readonly "web.enableProbeAny": "true" | "false";
  readonly timeoutOffset: Seconds;
  readonly "history.limit": number;
  readonly "storage.path"?: string;
  readonly shard?: string;
  readonly totalShards?: string;
  readonly shardUrl?: string;
  readonly "log.level": LogLevel;
  readonly "log.format"?: LogFormat;
  readonly "log.prober"?: LogLevel;
  readonly "compat.blackboxMetrics"?: boolean;
  readonly demo?: true;
}

function flagsOf(options: object): Flags {
  const values = options as FlagValues;
  const externalUrl = values["web.externalUrl"];
  return {
    ...defined({
      configFile: values["config.file"],
      // Empty by default for the other exporters, so that scripts may write that out.
      webConfigFile: values["web.config.file"] === "" ? undefined : values["web.config.file"],
      externalUrl,
      storagePath: values["storage.path"],
      shard: values.shard,
      totalShards: values.totalShards,
      shardUrl: values.shardUrl,
      logFormat: values["log.format"],
      logProber: values["log.prober"],
    }),
    configCheck: values["config.check"] ?? false,
    autoReload: values["config.enableAutoReload"] ?? false,
    autoReloadInterval: values["config.autoReloadInterval"],
    listenAddresses: values["web.listenAddress"] ?? [],
    systemdSocket: values["web.systemdSocket"] ?? false,
    routePrefix: values["web.routePrefix"] ?? withoutSlash(externalUrl?.pathname ?? ""),
    showsPage: values["web.page"] === "on",
    probesAny: values["web.enableProbeAny"] === "true",
    logLevel: values["log.level"],
    blackboxMetrics: values["compat.blackboxMetrics"] ?? false,
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
      // Flags may stand before and after the word.
      const after = Object.fromEntries(
        Object.entries(serve.opts()).filter(([name]) => serve.getOptionValueSource(name) !== "default"),
      );
      const listenAddresses = [command, serve].flatMap(
        (one) => one.opts<FlagValues>()["web.listenAddress"] ?? [],
      );
      choose({ kind: "serve", flags: { ...flagsOf({ ...command.opts(), ...after }), listenAddresses } });
    });
  command.addCommand(serve);
  const chooseRun: Choose = (run) => choose({ kind: "command", run });
  for (const one of commands(chooseRun)) command.addCommand(one);
  return withHelpAndVersion(command, version, chooseRun);
};

/** Adds the flags of the exporter, which stand with or without the word `serve`. */
const serveOptions = (command: Command): Command =>
  withLogFlags(
    withShard(withStateFlags(withWebFlags(withConfigFlags(command)))).option(
      "--shard-url <url>",
      "URL of the shards, such as http://exporter-{shard}:8091, to which requests for theirs are redirected (or HEARTBEAT_SHARD_URL)",
    ),
  )
    .option(
      "--compat.blackbox-metrics",
      "show blackbox_exporter_build_info, blackbox_module_unknown_total and the like too, under the names of blackbox_exporter",
    )
    .option(
      "--demo",
      "run a demonstration if nothing is configured, as on a terminal or with npx even without this flag",
    )
    .addHelpText("after", HELP)
    .exitOverride(exitUsage)
    .allowExcessArguments(false);

const withoutSlash = (path: string): string => path.replace(/\/+$/, "");
