import { Command, Option } from "commander";
import { ConfigError } from "../config/document/problems.ts";
import { type ShardFlags, shardsToCheck } from "../config/env/shard.ts";
import { configSummary, spreadSummary } from "../config/summary.ts";
import { exposureText } from "./exposure.ts";
import { IMPORT_FORMATS } from "./import/programs.ts";
import type { ImportFlags } from "./import/run.ts";
import { type Choose, CommandError, EXIT, withConfigFile, withShard, withUsageExit } from "./shell.ts";

const HELP = `
Examples:
  heartbeat-exporter config check --config.file=exporter.yml
  heartbeat-exporter config print
  heartbeat-exporter config schema > exporter.schema.json
  heartbeat-exporter config import health_monitoring_config.json --output=exporter.yml
  heartbeat-exporter config import blackbox.yml --targets=targets.json --module=http_2xx
`;

const CHECK_HELP = `
Reports all problems at once, each with its line and column.

With --shard and --total-shards, checks what that shard would use. With --total-shards alone, checks for all shards at once:
what does not work across them, such as groups whose members are on several, and how evenly targets are spread.

For each module that costs money, also prints what clients of /probe can spend with it per day, by its budget, its targets'
min_interval, and prices.

Exit code: 0 the configuration is valid, perhaps with warnings, 1 it is not, 2 wrong flags.

Examples:
  heartbeat-exporter config check --config.file=exporter.yml
  heartbeat-exporter config check --config.file=exporter.yml --total-shards=3
`;

const PRINT_HELP = `
Secrets are replaced by <secret>. Without --config.file, prints the file that is equivalent to the environment variables.

Exit code: 0 printed, 2 wrong flags or a bad configuration.

Examples:
  HEARTBEAT_LLM_URL=http://127.0.0.1:11434/v1 heartbeat-exporter config print > exporter.yml
`;

const SCHEMA_HELP = `
Editors complete keys, show their meaning and underline mistakes while you type. With yaml-language-server, which is part of
the YAML extensions of most editors, begin the configuration with this line:

  # yaml-language-server: $schema=exporter.schema.json

What refers to another section, or to a file, only config check tells.

Exit code: 0 printed, 2 wrong flags.

Examples:
  heartbeat-exporter config schema > exporter.schema.json
`;

const IMPORT_HELP = `
Supported files:
  ecosystem-monitor  the JSON of an ecosystem health monitor (services, alert_rules, alerting, self_healing); it may
                     contain // comments. Channels become notify, self-healing an action (as a dry run), the log level
                     a flag, and alert_rules overrides for pack
  blackbox           blackbox.yml; modules with an unsupported prober are omitted. --targets names a file in the format of
                     Prometheus' file service discovery, JSON or YAML. Each target gets the module of its label
                     __param_module or module, else --module
  gatus              config.yaml of Gatus: endpoints over HTTP, external-endpoints, alerting
  uptime-kuma        the JSON backup of Uptime Kuma: monitors of type http, keyword, json-query, push and group, and
                     notifications
  healthchecks       the JSON of healthchecks.io's API, GET /api/v3/checks/: every check becomes a heartbeat

The result is a valid configuration. Settings that cannot be imported, or mean something else, are listed once each with
their place, on standard error and as comments in the result. Secrets are neither printed nor part of the result: it refers
to environment variables, which are listed, or with --secrets to files that only you can read.

Exit code: 0 imported, 1 the result would not be a valid configuration, 2 wrong flags or an unreadable file.

Examples:
  heartbeat-exporter config import health_monitoring_config.json --output=exporter.yml --overrides=overrides.yml
  heartbeat-exporter config import gatus/config.yaml --secrets=/etc/heartbeat-exporter/secrets --output=exporter.yml
  curl -H "X-Api-Key: $KEY" https://healthchecks.io/api/v3/checks/ > checks.json
  heartbeat-exporter config import checks.json --output=exporter.yml
  heartbeat-exporter config import blackbox.yml --targets=targets.json --output=exporter.yml
`;

/** Defines `config check`, `config print`, `config schema` and `config import`. */
export const configCommand = (choose: Choose): Command =>
  withUsageExit(new Command("config"))
    .description("Check, print, describe or import a configuration.")
    .helpCommand(false)
    .addHelpText("after", HELP)
    .addCommand(
      withShard(withConfigFile(withUsageExit(new Command("check"))))
        .description("Check the configuration and print its problems.")
        .addHelpText("after", CHECK_HELP)
        .action((flags: ShardFlags, command: Command) => {
          choose(async (shell) => {
            const { openConfigFile } = await import("./load-config.ts");
            const shards = shardsToCheck(flags, shell.env);
            const holder = await openConfigFile(configFileOf(command), shell, shards).catch(asResult);
            const config = holder.current();
            const { totalShards } = shards;
            const spread = totalShards === undefined ? "" : `; ${spreadSummary(config, totalShards)}`;
            shell.out(`the configuration is good: ${configSummary(config, holder.deps())}${spread}\n`);
            shell.out(exposureText(config, true));
            return EXIT.good;
          });
        }),
    )
    .addCommand(
      withConfigFile(withUsageExit(new Command("print")))
        .description("Print the configuration without its secrets.")
        .addHelpText("after", PRINT_HELP)
        .action((_options, command: Command) => {
          choose(async (shell) => {
            const { loadConfig } = await import("./load-config.ts");
            shell.out(await (await loadConfig(configFileOf(command), shell)).redacted());
            return EXIT.good;
          });
        }),
    )
    .addCommand(
      withUsageExit(new Command("schema"))
        .description("Print the JSON Schema of the configuration, for editors.")
        .addHelpText("after", SCHEMA_HELP)
        .action(() => {
          choose(async (shell) => {
            const { editorSchemaText } = await import("../config/editor-schema.ts");
            const { probers } = await import("../probers/index.ts");
            shell.out(editorSchemaText(probers));
            return EXIT.good;
          });
        }),
    )
    .addCommand(
      withUsageExit(new Command("import"))
        .description("Convert another program's configuration.")
        .argument("<file>", "the other program's file")
        .addOption(
          new Option("--from <program>", "the program (default: by the keys of the file)").choices(
            IMPORT_FORMATS,
          ),
        )
        .option("--targets <file>", "with blackbox.yml: targets in the format of file service discovery")
        .option("--module <name>", "module of targets whose labels name none", "http_2xx")
        .option("--output <file>", "write to this file instead of standard output")
        .option("--overrides <file>", "write changes to alerts to this file, for pack --overrides")
        .option(
          "--secrets <folder>",
          "write secrets to files in this folder instead of referring to variables",
        )
        .addHelpText("after", IMPORT_HELP)
        .action((file: string, options: Omit<ImportFlags, "file">) => {
          choose(async (shell) => (await import("./import/run.ts")).runImport({ ...options, file }, shell));
        }),
    );

/** Makes an invalid configuration the result of a check instead of wrong use. */
function asResult(error: unknown): never {
  if (!(error instanceof ConfigError)) throw error;
  const hints = error.hints.map((hint) => `warning: ${hint}`);
  throw new CommandError([error.message, ...hints].join("\n"), "failed", { cause: error });
}

const configFileOf = (command: Command): string | undefined =>
  command.optsWithGlobals<{ "config.file"?: string }>()["config.file"];
