import { Command } from "commander";
import { defined } from "../core/defined.ts";
import { type Choose, withConfigFile, withUsageExit } from "./shell.ts";

const HELP = `
Sends a test message to the channel, or to each channel without a name, and prints what the service answered: its status and
the first 300 characters, without secrets. Sends once and does not retry. Quiet hours and rules do not apply.

Exit code: 0 delivered, 1 not delivered to a channel, 2 wrong flags, a bad configuration, or no such channel.

Examples:
  heartbeat-exporter notify test --config.file=exporter.yml
  heartbeat-exporter notify test phone --config.file=exporter.yml
`;

/** Defines `notify`, whose subcommand sends a test message. */
export const notifyCommand = (choose: Choose): Command => {
  const test = withConfigFile(withUsageExit(new Command("test")))
    .description("Send a test message to the channels of the configuration and show what came back.")
    .argument("[name]", "name of a channel; without it, all")
    .addHelpText("after", HELP)
    .action((name: string | undefined, _options, command: Command) => {
      const { "config.file": configFile } = command.optsWithGlobals<{ "config.file"?: string }>();
      choose(async (shell) => {
        const { sendTests } = await import("./notify/test.ts");
        return sendTests(defined({ name, configFile }), shell);
      });
    });
  return withUsageExit(new Command("notify"))
    .description("Try the channels that messages to people are sent to.")
    .addCommand(test);
};
