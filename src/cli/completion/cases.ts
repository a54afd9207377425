import { type FlagWord, type ValueForm, type Vocabulary, valueFlags } from "./vocabulary.ts";

// Parts of scripts that bash and zsh share. They keep the words of the command in the variable `at`, because `path` is zsh's own.

/** Quotes a text. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Returns the cases over `COMMAND:FLAG` that set the variable `form` to the form of the flag's value. */
export function flagCases(vocabularies: readonly Vocabulary[]): string {
  const byForm = new Map<string, string[]>();
  for (const { path, flags } of vocabularies) {
    for (const { word, value } of flags) {
      const form = value === undefined ? "" : formText(value);
      if (form !== "") byForm.set(form, [...(byForm.get(form) ?? []), quoted(`${path}:${word}`)]);
    }
  }
  return [...byForm].map(([form, keys]) => `    ${keys.join("|")}) form=${quoted(form)} ;;`).join("\n");
}

/** Returns the cases over `COMMAND:WORD` that go on to the next command. */
export const commandCases = (vocabularies: readonly Vocabulary[]): string =>
  vocabularies
    .flatMap(({ path, commands }) => commands.map(({ word }) => ({ from: path, word })))
    .map(({ from, word }) => `      ${quoted(`${from}:${word}`)}) at=${quoted(`${from} ${word}`.trim())} ;;`)
    .join("\n");

/** Returns the case for a word behind a flag that takes it as its value. */
export const valueCase = (vocabularies: readonly Vocabulary[], then: string): string =>
  `      ${valueFlags(vocabularies).map(quoted).join("|")}) ${then} ;;`;

/** Returns `file`, `folder`, `choices A B`, or nothing for a text. */
export function formText(value: ValueForm): string {
  if (value.kind === "choices") return `choices ${value.choices.join(" ")}`;
  return value.kind === "text" ? "" : value.kind;
}

/** Returns the flags that take a value, or those that take none. */
export const flagsWith = (flags: readonly FlagWord[], hasValue: boolean): readonly FlagWord[] =>
  flags.filter(({ value }) => (value !== undefined) === hasValue);
