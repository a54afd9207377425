import { commandsHelp, flagsHelp } from "../../src/cli/flags.ts";

/** Renders `docs/command-line.md` from the `--help` of the program and of each command. */
export function commandLinePage(): string {
  const commands = commandsHelp().map(
    ([words, help]) => `## \`${words}\`\n\n${block(`heartbeat-exporter ${words} --help`, help)}`,
  );
  return `# Command line

This page is generated from the commands' \`--help\` by \`npm run generate\`; edit \`src/cli\` instead.

Without a command, \`heartbeat-exporter\` runs the exporter, as \`serve\` does. Flags are written \`--name=value\` or
\`--name value\`, after the command. Commands print their result to standard output and everything else to standard error.
They use colours and show progress only on a terminal; \`NO_COLOR\` turns colours off.

Exit codes are the same for every command and alias:

| code | meaning |
| --- | --- |
| 0 | good |
| 1 | a bad result: something failed, or a check (\`config check\`, \`--config.check\`) found an invalid configuration |
| 2 | wrong use: wrong flags, or an invalid configuration where a valid one is needed |

## The exporter

${block("heartbeat-exporter --help", flagsHelp())}
${commands.join("\n")}`;
}

const block = (command: string, text: string): string =>
  `\`\`\`console\n$ ${command}\n${text.trimEnd()}\n\`\`\`\n`;
