import { Command } from "commander";
import { defined } from "../core/defined.ts";
import type { Seconds } from "../core/units.ts";
import { durationValue } from "./flag-values.ts";
import type { ProbeFlags } from "./probe/run.ts";
import { type Choose, withConfigFile, withUsageExit } from "./shell.ts";

const HELP = `
Without --config.file, addresses are probed with built-in modules: http_2xx for http:// and https://, websocket for ws:// and
wss://, and with --module also http_post_2xx, tcp_connect, unix_connect, pop3s_banner, ssh_banner, irc_banner, grpc, grpc_plain,
icmp, icmp_ttl5, dns (a server that answers for the root zone) and llm. HEARTBEAT_LLM_URL and others describe a target, as for the
exporter. A single target is shown with the phases of its probe.

Targets are probed concurrently, within the limits of the configuration. The results are not stored and do not affect a
running exporter. Budgets do not apply: prompts cost money, and the summary shows how much.

Exit code: 0 all probes succeeded, 1 at least one failed, 2 wrong flags or a bad configuration.

Examples:
  heartbeat-exporter probe https://example.com
  heartbeat-exporter probe --module=icmp example.com
  heartbeat-exporter probe --module=llm --model=llama3.2 http://127.0.0.1:11434/v1
  HEARTBEAT_LLM_URL=http://127.0.0.1:11434/v1 HEARTBEAT_LLM_MODEL=llama3.2 heartbeat-exporter probe
  heartbeat-exporter probe --config.file=exporter.yml
  heartbeat-exporter probe --config.file=exporter.yml gpt interpreter
  heartbeat-exporter probe --config.file=exporter.yml --module=http_2xx https://example.com
  heartbeat-exporter probe --config.file=exporter.yml gpt --debug
  heartbeat-exporter probe --config.file=exporter.yml --json | jq '.targets[] | select(.success | not)'
`;

/** Defines `probe [target...]`, which probes configured targets by name, URLs, or addresses with a module. */
export const probeCommand = (choose: Choose): Command =>
  withConfigFile(withUsageExit(new Command("probe")))
    .description("Probe targets once and print the results.")
    .argument("[target...]", "names of configured targets (default: all), URLs, or addresses with --module")
    .option("--module <name>", "probe addresses with this module")
    .option("--model <name>", "with --module: ask for this model instead of the module's")
    .option("--hostname <name>", "with --module: send this Host header and TLS server name")
    .option("--timeout <duration>", "shorten the timeout of each probe to this", durationValue)
    .option("--json", "print the results as JSON")
    .option("--exposition", "print the series that /metrics would expose")
    .option("--debug", "print the log of each probe")
    .addHelpText("after", HELP)
    .action((targets: readonly string[], _options, command: Command) => {
      const options = command.optsWithGlobals<{
        "config.file"?: string;
        module?: string;
        model?: string;
        hostname?: string;
        timeout?: Seconds;
        json?: true;
        exposition?: true;
        debug?: true;
      }>();
      const { "config.file": configFile, module, model, hostname, timeout } = options;
      const forms = (["json", "exposition", "debug"] as const).filter((form) => options[form] === true);
      if (forms.length > 1)
        command.error("error: --json, --exposition and --debug: want at most one of them");
      if (module === undefined && (model !== undefined || hostname !== undefined))
        command.error("error: --model and --hostname require --module");
      if (module !== undefined && targets.length === 0)
        command.error("error: --module: got no address, want at least one");
      const flags: ProbeFlags = {
        targets,
        ...defined({ configFile, module, model, hostname, timeout }),
        form: forms[0] ?? "table",
      };
      choose(async (shell) => (await import("./probe/run.ts")).runProbes(flags, shell));
    });
