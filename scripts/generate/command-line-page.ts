import { commandsHelp, flagsHelp } from "../../src/cli/flags.ts";

/** Returns `docs/command-line.md`: the help of the program and of each command. */
export function commandLinePage(): string {
  const commands = commandsHelp().map(
    ([words, help]) => `## \`${words}\`\n\n${block(`heartbeat-exporter ${words} --help`, help)}`,
  );
  return `# Command line

Generated from the commands by \`npm run generate\`; edit there.

Without a command, or with \`serve\`, the exporter runs. Flags have two dashes, and are written \`--name=value\` or
\`--name value\` after their command. Commands print their result to standard output and everything else to standard error. They
use colours and show progress only on a terminal; \`NO_COLOR\` turns colours off. Exit codes: 0 for success, 1 for a failure, 2
for invalid usage.

## The exporter

${block("heartbeat-exporter --help", flagsHelp())}
${commands.join("\n")}`;
}

const block = (command: string, text: string): string => `\`\`\`\n$ ${command}\n${text.trimEnd()}\n\`\`\`\n`;
