import { Command, Option } from "commander";
import { defined } from "../core/defined.ts";
import { type Choose, withUsageExit } from "./shell.ts";

const OUTPUTS = ["exposition", "jsonl"] as const;

/** The arguments and flags of `heartbeat-exporter parse`. */
export interface ParseFlags {
  /** A path, or `-` for standard input. */
  readonly file: string;
  readonly configFile?: string;
  readonly module?: string;
  readonly output: (typeof OUTPUTS)[number];
}

const HELP = `
Reads the log as a heartbeat_log module would: plain lines or those of Docker, CRI or journald, compressed with gzip or
not, in UTF-8 or in UTF-16 with a byte order mark. Without --config.file, the module's options have their defaults;
--module may be omitted if the configuration has only one heartbeat_log module.

Output:
  exposition  the series of the last heartbeat, and the counts of lines and heartbeats
  jsonl       one JSON object per heartbeat and line, {"timestamp":...,"heartbeat":{...}}; timestamp is null if the
              heartbeat has none

Exit code: 0 the log contains heartbeats, 1 it contains none or cannot be read, 2 wrong flags or a bad configuration.

Examples:
  heartbeat-exporter parse /var/log/petrosa/strategies.log
  kubectl logs deployment/petrosa-realtime-strategies | heartbeat-exporter parse -
  heartbeat-exporter parse --config.file=exporter.yml --module=petrosa --output=jsonl old.log.gz | jq .heartbeat.messages_per_second
`;

/** Defines `parse FILE`, which prints the heartbeats in a log. */
export const parseCommand = (choose: Choose): Command =>
  withUsageExit(new Command("parse"))
    .description("Print the heartbeats in a log.")
    .argument("<file>", "the log; - reads standard input")
    .option("--config.file <file>", "YAML configuration that defines the module")
    .option("--module <name>", "heartbeat_log module that defines how to read the log")
    .addOption(new Option("--output <format>", "output format").choices(OUTPUTS).default("exposition"))
    .addHelpText("after", HELP)
    .action((file: string, _options, command: Command) => {
      const options = command.optsWithGlobals<{
        "config.file"?: string;
        module?: string;
        output: ParseFlags["output"];
      }>();
      const { "config.file": configFile, module, output } = options;
      const flags: ParseFlags = { file, output, ...defined({ configFile, module }) };
      choose(async (shell) => (await import("./parse/run.ts")).printLog(flags, shell));
    });
