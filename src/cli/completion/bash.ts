import { commandCases, flagCases, flagsWith, formText, quoted, valueCase } from "./cases.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * Returns the script for bash, from version 3.2 on, which macOS has. It needs no package for completion, and splits the line itself:
 * how bash splits it depends on COMP_WORDBREAKS.
 */
export function bashScript(vocabularies: readonly Vocabulary[], name: string): string {
  const fn = `_${name.replaceAll("-", "_")}`;
  return `# Completes the command line of ${name} in bash. Made by: ${name} completion bash

# Adds the words of $1 that begin with $2.
${fn}_words() {
  local word
  for word in $1; do
    [[ $word == "$2"* ]] || continue
    [[ $word == *= ]] && compopt -o nospace 2>/dev/null
    COMPREPLY+=("$word")
  done
}

# Adds the values of the form $1 that begin with $2, each after the prefix $3.
${fn}_values() {
  local value option
  case $1 in
    file) option=-f ;;
    folder) option=-d ;;
    *)
      for value in \${1#choices }; do
        [[ $value == "$2"* ]] && COMPREPLY+=("$3$value")
      done
      return
      ;;
  esac
  compopt -o filenames 2>/dev/null
  while IFS= read -r value; do
    COMPREPLY+=("$3$value")
  done < <(compgen "$option" -- "$2")
}

${fn}() {
  local line=\${COMP_LINE:0:COMP_POINT} at='' before='' form='' commands='' flags='' argument='' word cur prefix i
  local -a parts
  COMPREPLY=()
  read -r -a parts <<<"$line"
  [[ $line == *[[:space:]] ]] && parts+=('')
  cur=\${parts[\${#parts[@]} - 1]}

  for ((i = 1; i < \${#parts[@]} - 1; i++)); do
    word=\${parts[i]}
    case $before in
${valueCase(vocabularies, "before=''; continue")}
    esac
    before=$word
    case "$at:$word" in
${commandCases(vocabularies)}
    esac
  done

  if [[ $cur == --*=* ]]; then
    before=\${cur%%=*}
    prefix=$before=
    cur=\${cur#*=}
    # Bash replaces what follows the last word break, which = is by default.
    [[ $COMP_WORDBREAKS == *=* ]] && prefix=''
  elif [[ $cur == -* ]]; then
    before=''
  fi
  case "$at:$before" in
${flagCases(vocabularies)}
  esac
  case $before in
${valueCase(vocabularies, `${fn}_values "$form" "$cur" "$prefix"; return`)}
  esac

  case $at in
${vocabularies.map(casesOf).join("\n")}
  esac
  if [[ $cur == -* ]]; then
    ${fn}_words "$flags" "$cur"
  else
    ${fn}_words "$commands" "$cur"
    ${fn}_values "$argument" "$cur" ''
  fi
}

complete -F ${fn} ${name}
`;
}

function casesOf({ path, commands, flags, argument }: Vocabulary): string {
  const words = [
    ...flagsWith(flags, true).map(({ word }) => `${word}=`),
    ...flagsWith(flags, false).map(({ word }) => word),
  ];
  return `    ${quoted(path)})
      commands=${quoted(commands.map(({ word }) => word).join(" "))}
      flags=${quoted(words.join(" "))}
      argument=${quoted(formText(argument))}
      ;;`;
}
