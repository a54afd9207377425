import { commandsHelp, flagsHelp } from "../../src/cli/flags.ts";

/** `docs/command-line.md`: the help of the program and of each command, from where they are defined. */
export function commandLinePage(): string {
  const commands = commandsHelp().map(
    ([words, help]) => `## \`${words}\`\n\n${block(`heartbeat-exporter ${words} --help`, help)}`,
  );
  return `# Command line

Generated from the commands by \`npm run generate\`; edit there.

Without a command the exporter runs; \`serve\` says the same in a word. Flags have two dashes and may be written
\`--name=value\` or \`--name value\`; they stand behind their command. Commands print their answer to standard output and all
else to standard error, use colours and show progress on a terminal only (and no colours with \`NO_COLOR\`), and end with 0 when
all is well, 1 when something failed, 2 when they were not understood.

## The exporter

${block("heartbeat-exporter --help", flagsHelp())}
${commands.join("\n")}`;
}

const block = (command: string, text: string): string => `\`\`\`\n$ ${command}\n${text.trimEnd()}\n\`\`\`\n`;
