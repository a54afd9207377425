import { Command } from "commander";
import type { Choose } from "./commands.ts";
import { EXIT, loadConfig, withConfigFile, withUsageExit } from "./shell.ts";

const HELP = `
Examples:
  heartbeat-exporter config check --config.file=exporter.yml
  heartbeat-exporter config print
  heartbeat-exporter config import health_monitoring_config.json --output=exporter.yml
  heartbeat-exporter config import blackbox.yml --targets=targets.json --module=http_2xx
`;

const IMPORT_HELP = `
Read are:
  - the JSON of an ecosystem health monitor (services, check_interval_seconds, alert_rules, alerting, self_healing),
    also with // comments in it
  - blackbox.yml; modules of probers that are not there are left out. --targets is a file of Prometheus' file service
    discovery, JSON or YAML: each target is probed with --module, or with the module of its label __param_module

What cannot be carried over is said on standard error and as comments in the result, which is a configuration that
passes the check. Secrets of notification channels are not carried over: Alertmanager sends notifications.

Exit code: 0 imported, 1 the result would not be a good configuration, 2 wrong flags or an unreadable file.

Examples:
  heartbeat-exporter config import health_monitoring_config.json > exporter.yml
  heartbeat-exporter config import blackbox.yml --targets=targets.json --output=exporter.yml
`;

/** What `heartbeat-exporter config import` was told. */
export interface ImportFlags {
  readonly file: string;
  readonly targets?: string;
  readonly module: string;
  readonly output?: string;
}

/** `config check|print|import`. */
export const configCommand = (choose: Choose): Command =>
  withUsageExit(new Command("config"))
    .description("check, print or import a configuration")
    .helpCommand(false)
    .addHelpText("after", HELP)
    .addCommand(
      withConfigFile(withUsageExit(new Command("check")))
        .description("say what is wrong with the configuration, all of it at once, by line and column")
        .addHelpText("after", "\nExit code: 0 good, 2 bad.\n")
        .action((_options, command: Command) => {
          choose(async (shell) => {
            const { modules, targets } = await loadConfig(configFileOf(command), shell);
            shell.out(`the configuration is good: ${modules.size} modules, ${targets.length} targets\n`);
            return EXIT.good;
          });
        }),
    )
    .addCommand(
      withConfigFile(withUsageExit(new Command("print")))
        .description(
          "print the configuration without its secrets; that of the environment as the file that says the same",
        )
        .addHelpText(
          "after",
          "\nExamples:\n  HEARTBEAT_LLM_URL=http://127.0.0.1:11434/v1 heartbeat-exporter config print > exporter.yml\n",
        )
        .action((_options, command: Command) => {
          choose(async (shell) => {
            shell.out((await loadConfig(configFileOf(command), shell)).redacted);
            return EXIT.good;
          });
        }),
    )
    .addCommand(
      withUsageExit(new Command("import"))
        .description("turn another program's configuration into one of ours")
        .argument("<file>", "the JSON of an ecosystem health monitor, or blackbox.yml")
        .option("--targets <file>", "with blackbox.yml: targets, as for file service discovery")
        .option("--module <name>", "module of targets that name none", "http_2xx")
        .option("--output <file>", "write to this file instead of standard output")
        .addHelpText("after", IMPORT_HELP)
        .action((file: string, given: Omit<ImportFlags, "file">) => {
          choose(async (shell) => (await import("./import/run.ts")).runImport({ ...given, file }, shell));
        }),
    );

const configFileOf = (command: Command): string | undefined =>
  command.optsWithGlobals<{ "config.file"?: string }>()["config.file"];
