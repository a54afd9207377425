import type { Command } from "commander";
import { programTree } from "../../src/cli/flags.ts";
import { VERSION } from "../../src/core/version.ts";

/** Renders the manual page of the program from the same commands as `docs/command-line.md`. */
export function manPage(): string {
  const program = programTree();
  const commands = program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== "serve")
    .flatMap((command) => leaves(command, ""));
  const { options, rest } = parts(program, "");
  return `${[
    '.\\" Generated from the commands of src/cli by npm run generate.',
    `.TH HEARTBEAT\\-EXPORTER 1 "" "heartbeat\\-exporter ${VERSION}" "User Commands"`,
    // Names are never broken at the end of a line.
    ".nh",
    ".ad l",
    ".SH NAME",
    `heartbeat\\-exporter \\- ${text("Prometheus exporter for LLMs and the services around them")}`,
    ".SH SYNOPSIS",
    ".B heartbeat\\-exporter",
    ".RI [ command ]",
    ".RI [ options ]",
    ".SH DESCRIPTION",
    text(program.description()),
    ".PP",
    text("Without a command, it runs the exporter. Flags are written --name=value or --name value."),
    ".SH OPTIONS",
    ...options,
    ...rest,
    ".SH COMMANDS",
    ...commands.flatMap(({ words, command }) => section(words, command)),
    ".SH FILES",
    "As the Debian package has them:",
    ...FILES.flatMap(([file, meaning]) => [".TP", `.I ${text(file)}`, text(meaning)]),
    ".SH SEE ALSO",
    ".BR systemctl (1),",
    ".BR journalctl (1),",
    ".BR ping (8)",
  ].join("\n")}\n`;
}

const FILES = [
  ["/etc/heartbeat-exporter/exporter.yml", "The configuration."],
  ["/etc/default/heartbeat-exporter", "Flags and environment variables of the service."],
  ["/var/lib/heartbeat-exporter/store.db", "State and history, which survive restarts."],
] as const;

/** A command that does something, with all its words. */
interface Leaf {
  readonly words: string;
  readonly command: Command;
}

/** Returns the commands below one that has others, or the command itself. */
function leaves(command: Command, before: string): readonly Leaf[] {
  const words = `${before}${command.name()}`;
  const inner = command.createHelp().visibleCommands(command);
  return inner.length === 0 ? [{ words, command }] : inner.flatMap((one) => leaves(one, `${words} `));
}

function section(words: string, command: Command): readonly string[] {
  const { options, rest } = parts(command, words);
  return [
    `.SS ${text(`heartbeat-exporter ${words} ${command.usage()}`)}`,
    text(command.description()),
    ...command.registeredArguments.flatMap((argument) => [
      ".TP",
      `.I ${text(argument.name())}`,
      text(command.createHelp().argumentDescription(argument)),
    ]),
    ...options,
    ...rest,
  ];
}

/** Returns the options of a command, and the text after them. */
function parts(
  command: Command,
  words: string,
): { readonly options: readonly string[]; readonly rest: readonly string[] } {
  const help = command.createHelp();
  const options = help
    .visibleOptions(command)
    // Every command has it.
    .filter((option) => words === "" || option.long !== "--help")
    .flatMap((option) => [
      ".TP",
      `.B ${text(help.optionTerm(option))}`,
      text(help.optionDescription(option)),
    ]);
  const rest = afterOptions(command)
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replaceAll(/^\n|\n$/g, ""))
    .flatMap((paragraph) =>
      paragraph === "" ? [] : [".PP", ".nf", ...paragraph.split("\n").map(text), ".fi"],
    );
  return { options, rest };
}

/** Returns what a command's `--help` prints after the options. */
function afterOptions(command: Command): string {
  let whole = "";
  command.configureOutput({
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
    writeOut: (part) => {
      whole += part;
    },
  });
  command.outputHelp();
  return whole.slice(command.helpInformation().length);
}

/** Escapes a line for troff. A hyphen-minus stays one, so that commands can be copied; what begins with a dot is no request. */
const text = (line: string): string =>
  line
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll(
      /[^\0-\x7F]/gu,
      (character) => `\\[u${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}]`,
    )
    .replace(/^[.']/, "\\&$&");
