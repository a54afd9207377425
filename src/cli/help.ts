import { Command, type Option } from "commander";
import { suggestion } from "../config/document/describe.ts";
import { type Choose, EXIT, withUsageExit } from "./shell.ts";

const HELP = `
Exit code: 0 printed, 2 wrong flags or an unknown command.

Examples:
  heartbeat-exporter help
  heartbeat-exporter help probe
  heartbeat-exporter help config check
`;

const VERSION_HELP = `
Exit code: 0 printed, 2 wrong flags.

Examples:
  heartbeat-exporter version
`;

/**
 * Adds the commands `help` and `version` to a command, and with `--version` to all commands below it. The help of the program
 * lists them once, so that they do not stand in each list.
 */
export function withHelpAndVersion(program: Command, version: string, choose: Choose): Command {
  addHelpAndVersion(program, choose);
  for (const command of program.commands) addBelow(command, version, choose);
  return program;
}

function addBelow(command: Command, version: string, choose: Choose): void {
  command.version(version, "--version", "show the version");
  hidden(command.options.at(-1));
  const inner = [...command.commands];
  if (inner.length > 0) addHelpAndVersion(command, choose, { hidden: true });
  for (const one of inner) addBelow(one, version, choose);
}

const hidden = (option: Option | undefined): unknown => option?.hideHelp();

function addHelpAndVersion(parent: Command, choose: Choose, visibility: { hidden?: boolean } = {}): void {
  parent.addCommand(
    withUsageExit(new Command("help"))
      .description("Explain the program or a command.")
      .argument("[command...]", "the words of a command")
      .addHelpText("after", HELP)
      .action((words: readonly string[], _options, command: Command) => {
        commandAt(parent, words, command).help();
      }),
    visibility,
  );
  parent.addCommand(
    withUsageExit(new Command("version"))
      .description("Print the version.")
      .addHelpText("after", VERSION_HELP)
      .action(() => {
        choose(async (shell) => {
          shell.out(`${shell.version}\n`);
          return EXIT.good;
        });
      }),
    visibility,
  );
}

/** Returns the command that is called by `words`. Unknown ones end the process, as wrong flags do. */
function commandAt(parent: Command, words: readonly string[], reporter: Command): Command {
  const [word, ...rest] = words;
  if (word === undefined) return parent;
  const found = parent.commands.find((command) => command.name() === word);
  if (found !== undefined) return commandAt(found, rest, reporter);
  const names = parent
    .createHelp()
    .visibleCommands(parent)
    .map((command) => command.name());
  const want = names.length === 0 ? "no word after it" : `one of ${names.join(", ")}`;
  const got = JSON.stringify(word);
  return reporter.error(`error: command: got ${got}, want ${want}${suggestion(word, names)}`);
}
