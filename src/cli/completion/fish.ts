import { type FlagWord, type ValueForm, type Vocabulary, valueFlags } from "./vocabulary.ts";

/** Returns the script for fish. */
export function fishScript(vocabularies: readonly Vocabulary[], name: string): string {
  const fn = `__${name.replaceAll("-", "_")}_at`;
  const steps = vocabularies.flatMap(({ path, commands }) =>
    commands.map(
      ({ word }) =>
        `            case ${quoted(`${path}:${word}`)}\n                set at ${quoted(`${path} ${word}`.trim())}`,
    ),
  );
  const lines = vocabularies.flatMap(({ path, commands, flags, argument }) => {
    const start = `complete -c ${name} -n ${quoted(`${fn} ${quoted(path)}`)}`;
    return [
      ...commands.map(({ word, meaning }) => `${start} -a ${quoted(word)} -d ${quoted(meaning)}`),
      ...flags.map((flag) => `${start} ${flagText(flag)}`),
      ...(argument.kind === "text" ? [] : [`${start} ${argumentText(argument)}`]),
    ];
  });
  return `# Completes the command line of ${name} in fish. Made by: ${name} completion fish

# Succeeds if the words before the cursor lead to the command in the argument.
function ${fn}
    set -l at ''
    set -l before ''
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if contains -- "$before" ${valueFlags(vocabularies).map(quoted).join(" ")}
            set before ''
            continue
        end
        set before $word
        switch "$at:$word"
${steps.join("\n")}
        end
    end
    test "$at" = "$argv[1]"
end

complete -c ${name} -f
${lines.join("\n")}
`;
}

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

function flagText({ word, meaning, value }: FlagWord): string {
  const name = word.startsWith("--") ? `-l ${quoted(word.slice(2))}` : `-s ${quoted(word.slice(1))}`;
  return `${name}${value === undefined ? "" : ` ${valueText(value)}`} -d ${quoted(meaning)}`;
}

function valueText(value: ValueForm): string {
  switch (value.kind) {
    case "text":
      return "-x";
    case "file":
      return "-r -F";
    case "folder":
      return "-x -a '(__fish_complete_directories)'";
    case "choices":
      return `-x -a ${quoted(value.choices.join(" "))}`;
  }
}

const argumentText = (argument: ValueForm): string =>
  argument.kind === "file" ? "-F" : valueText(argument).replace(/^-x /, "");
