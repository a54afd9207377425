import { Command, InvalidArgumentError } from "commander";
import { defined } from "../core/defined.ts";
import type { Seconds } from "../core/units.ts";
import { DURATION_FORM, parseDuration } from "../core/units.ts";
import type { Choose } from "./commands.ts";
import { withConfigFile, withUsageExit } from "./shell.ts";

/** What `heartbeat-exporter probe` was told. */
export interface ProbeFlags {
  /** Names of configured targets, or addresses where a module is named; without any all configured targets are meant. */
  readonly words: readonly string[];
  readonly configFile?: string;
  readonly module?: string;
  readonly model?: string;
  readonly hostname?: string;
  readonly timeout?: Seconds;
  readonly form: "table" | "json" | "exposition" | "debug";
}

const HELP = `
Each target is probed once, now, side by side within the limits of the configuration. Nothing is remembered, no streak
or mode of a running exporter changes, and budgets are not looked at: what models were asked is paid for, and said.

Exit code: 0 all probes succeeded, 1 one failed, 2 wrong flags or a bad configuration.

Examples:
  heartbeat-exporter probe --config.file=exporter.yml
  heartbeat-exporter probe --config.file=exporter.yml gpt interpreter
  heartbeat-exporter probe --config.file=exporter.yml --module=http_2xx https://example.com
  heartbeat-exporter probe --config.file=exporter.yml gpt --debug
  heartbeat-exporter probe --config.file=exporter.yml --json | jq '.targets[] | select(.success | not)'
`;

/** `probe [target...]`: configured targets by name, or addresses with a module. */
export const probeCommand = (choose: Choose): Command =>
  withConfigFile(withUsageExit(new Command("probe")))
    .description("probe targets once, print what came of it, and exit")
    .argument("[target...]", "names of configured targets (default: all); addresses with --module")
    .option("--module <name>", "the module to probe addresses with")
    .option("--model <name>", "with --module: the model to ask for, instead of the module's")
    .option("--hostname <name>", "with --module: Host header and TLS server name to send")
    .option("--timeout <duration>", "longest duration of a probe, if its module's is not shorter", duration)
    .option("--json", "print JSON, for programs")
    .option("--exposition", "print the series that /metrics would show of the results")
    .option("--debug", "print what happened during each probe")
    .addHelpText("after", HELP)
    .action((words: readonly string[], _options, command: Command) => {
      const given = command.optsWithGlobals<{
        "config.file"?: string;
        module?: string;
        model?: string;
        hostname?: string;
        timeout?: Seconds;
        json?: true;
        exposition?: true;
        debug?: true;
      }>();
      const { "config.file": configFile, module, model, hostname, timeout } = given;
      const forms = (["json", "exposition", "debug"] as const).filter((form) => given[form] === true);
      if (forms.length > 1)
        command.error("error: --json, --exposition and --debug: want at most one of them");
      if (module === undefined && (model !== undefined || hostname !== undefined))
        command.error("error: --model and --hostname are for addresses, which need --module");
      if (module !== undefined && words.length === 0)
        command.error("error: --module: got no address to probe with it, want at least one");
      const flags: ProbeFlags = {
        words,
        ...defined({ configFile, module, model, hostname, timeout }),
        form: forms[0] ?? "table",
      };
      choose(async (shell) => (await import("./probe/run.ts")).runProbes(flags, shell));
    });

/** @throws InvalidArgumentError, which commander words */
export function duration(text: string): Seconds {
  const length = parseDuration(text);
  if (length !== undefined && length > 0) return length;
  throw new InvalidArgumentError(`got "${text}", want ${DURATION_FORM}`);
}
