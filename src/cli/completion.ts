import { Argument, Command } from "commander";
import { type Choose, EXIT, withUsageExit } from "./shell.ts";

/** The shells that the program completes its command line in. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
/** One of `SHELLS`. */
export type CompletionShell = (typeof SHELLS)[number];

const HELP = `
Completes commands, flags, their choices, and files. The script does not start the program, so make it again after an update.

Exit code: 0 printed, 2 wrong flags or an unknown shell.

Examples:
  source <(heartbeat-exporter completion bash)
  heartbeat-exporter completion bash > /etc/bash_completion.d/heartbeat-exporter
  heartbeat-exporter completion zsh > /usr/local/share/zsh/site-functions/_heartbeat-exporter
  heartbeat-exporter completion fish > ~/.config/fish/completions/heartbeat-exporter.fish
`;

/** Defines `completion <shell>`, which prints a script that completes the command line of the program. */
export const completionCommand = (choose: Choose): Command =>
  withUsageExit(new Command("completion"))
    .description("Print a script for shell completion.")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText("after", HELP)
    .action((name: CompletionShell, _options, command: Command) => {
      choose(async (shell) => {
        const { completionScript } = await import("./completion/script.ts");
        const program = command.parent ?? command;
        shell.out(completionScript(name, program));
        return EXIT.good;
      });
    });
