import { commandCases, flagCases, flagsWith, formText, quoted, valueCase } from "./cases.ts";
import type { Vocabulary, Word } from "./vocabulary.ts";

/** Returns the script for zsh. It works as a file of the function path, and sourced after compinit. */
export function zshScript(vocabularies: readonly Vocabulary[], name: string): string {
  const fn = `_${name}`;
  return `#compdef ${name}
# Completes the command line of ${name} in zsh. Made by: ${name} completion zsh

${fn}() {
  local at='' before='' form='' argument='' word i
  local -a commands flags switches

  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    case $before in
${valueCase(vocabularies, "before=''; continue")}
    esac
    before=$word
    case "$at:$word" in
${commandCases(vocabularies)}
    esac
  done

  if [[ $PREFIX == --*=* ]]; then
    before=\${PREFIX%%=*}
    compset -P 1 '*='
  elif [[ $PREFIX == -* ]]; then
    before=''
  fi
  case "$at:$before" in
${flagCases(vocabularies)}
  esac
  case $before in
${valueCase(vocabularies, `${fn}-value "$form"; return`)}
  esac

  case $at in
${vocabularies.map(casesOf).join("\n")}
  esac
  if [[ $PREFIX == -* ]]; then
    _describe -o flag flags -S =
    _describe -o flag switches
  else
    (( \${#commands} )) && _describe command commands
    ${fn}-value "$argument"
  fi
}

# Completes a value of the form $1.
${fn}-value() {
  case $1 in
    file) _files ;;
    folder) _files -/ ;;
    choices\\ *) compadd -- \${=1#choices } ;;
  esac
}

if [[ $funcstack[1] == ${fn} ]]; then
  ${fn} "$@"
else
  compdef ${fn} ${name}
fi
`;
}

function casesOf({ path, commands, flags, argument }: Vocabulary): string {
  return `    ${quoted(path)})
      commands=(${described(commands)})
      flags=(${described(flagsWith(flags, true))})
      switches=(${described(flagsWith(flags, false))})
      argument=${quoted(formText(argument))}
      ;;`;
}

const described = (words: readonly Word[]): string =>
  words.map(({ word, meaning }) => quoted(`${word}:${meaning.replaceAll(":", "\\:")}`)).join(" ");
