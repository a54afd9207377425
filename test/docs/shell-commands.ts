/** One command of a shell script. */
export interface ShellCommand {
  /** The variables set before the program. */
  readonly env: Readonly<Record<string, string>>;
  /** The program and its arguments, without quotes; expansions stay as they are written. */
  readonly words: readonly string[];
}

/** Returns the commands in a block of console output: what stands after `$ ` or `# `. */
export const typedIn = (console: string): string =>
  console
    .split("\n")
    .filter((line, i, lines) => line.startsWith("$ ") || lines[i - 1]?.endsWith("\\"))
    .map((line) => line.replace(/^\$ /, ""))
    .join("\n");

/**
 * Splits a script into its commands, those behind pipes, `&&` and `;` included. Knows what documentation uses: quotes,
 * comments, continued lines, redirections, here-documents; not loops and functions.
 */
export function shellCommands(script: string): readonly ShellCommand[] {
  const commands: ShellCommand[] = [];
  let words: string[] = [];
  const end = (): void => {
    const first = words.findIndex((word) => !/^\w+=/.test(word));
    const env = first === -1 ? words : words.slice(0, first);
    const rest = first === -1 ? [] : words.slice(first);
    if (words.length > 0)
      commands.push({
        env: Object.fromEntries(
          env.map((word) => [word.split("=")[0] ?? "", word.slice(word.indexOf("=") + 1)]),
        ),
        words: rest,
      });
    words = [];
  };
  const text = script
    .replaceAll("\\\n", " ")
    // The text of a here-document is no command.
    .replaceAll(/<<-?\s*['"]?(\w+)['"]?(.*)\n[^]*?^\1$/gm, " $2");
  const token =
    /\s*(?:(?<comment>#[^\n]*)|(?<end>\n|&&|\|\||[|;&])|(?<redirect>\d?(?:>>|>&|>|<)\s*\S+)|(?<word>(?:'[^']*'|"(?:\\.|\$\((?:[^()]|\([^()]*\))*\)|[^"\\])*"|\$\((?:[^()]|\([^()]*\))*\)|\\.|[^\s'"\\|;&<>])+))/y;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const newline = /^[ \t]*\n/.exec(text.slice(at));
    if (newline !== null) {
      end();
      token.lastIndex = at + newline[0].length;
      continue;
    }
    const groups = token.exec(text)?.groups;
    if (groups === undefined) break;
    if (groups["end"] !== undefined) end();
    else if (groups["word"] !== undefined) words.push(unquoted(groups["word"]));
  }
  end();
  return commands;
}

const unquoted = (word: string): string =>
  word.replaceAll(
    /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g,
    (_all, single?: string, double?: string, one?: string) =>
      one ?? single ?? (double ?? "").replaceAll(/\\(["\\$`])/g, "$1"),
  );
