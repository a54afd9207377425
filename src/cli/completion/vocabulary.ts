import type { Argument, Command, Option } from "commander";
import { truncateWithDots } from "../../core/truncate.ts";

/** The form of a value, as far as shells can complete it. */
export type ValueForm =
  | { readonly kind: "text" }
  | { readonly kind: "file" }
  | { readonly kind: "folder" }
  | { readonly kind: "choices"; readonly choices: readonly string[] };

/** A word with its meaning, in a line. */
export interface Word {
  readonly word: string;
  readonly meaning: string;
}

/** A flag, with two dashes or one. */
export interface FlagWord extends Word {
  /** Absent for a flag without a value. */
  readonly value?: ValueForm;
}

/** The words that may follow the words of a command. */
export interface Vocabulary {
  /** The words of the command, such as `config check`; empty for the program. */
  readonly path: string;
  readonly commands: readonly Word[];
  readonly flags: readonly FlagWord[];
  /** The arguments that are no flags. */
  readonly argument: ValueForm;
}

/** Returns the vocabulary of a program and of all commands below it. */
export const vocabularyOf = (program: Command): readonly Vocabulary[] => [
  ...vocabularyAt(program, ""),
  ...topicsOf(program, "help"),
];

function vocabularyAt(command: Command, path: string): readonly Vocabulary[] {
  const help = command.createHelp();
  const inner = help.visibleCommands(command);
  const [argument] = command.registeredArguments;
  return [
    {
      path,
      commands: inner.map(wordOf),
      flags: help.visibleOptions(command).flatMap(flagsOf),
      argument: argument === undefined ? TEXT : formOf(argument.name(), argument),
    },
    ...inner.flatMap((one) =>
      one.name() === "help" ? [] : vocabularyAt(one, `${path} ${one.name()}`.trim()),
    ),
  ];
}

/** Returns the vocabulary behind `help`, where commands stand without their flags. */
function topicsOf(command: Command, path: string): readonly Vocabulary[] {
  const inner = command.createHelp().visibleCommands(command);
  return [
    { path, commands: inner.map(wordOf), flags: [], argument: TEXT },
    ...inner.flatMap((one) => (one.name() === "help" ? [] : topicsOf(one, `${path} ${one.name()}`))),
  ];
}

const TEXT: ValueForm = { kind: "text" };

/** Longest meaning in characters; it stands beside the word. */
const LONGEST_MEANING = 70;

const meaningOf = (description: string): string => truncateWithDots(description, LONGEST_MEANING);

const wordOf = (command: Command): Word => ({
  word: command.name(),
  meaning: meaningOf(command.description()),
});

function flagsOf(option: Option): readonly FlagWord[] {
  const meaning = meaningOf(option.description);
  const [, name] = /<([^>]+)>/.exec(option.flags) ?? [];
  const words = [option.long ?? [], option.short ?? []].flat();
  return words.map((word) => ({
    word,
    meaning,
    ...(name === undefined ? {} : { value: formOf(name, option) }),
  }));
}

/** Values that are called `file` or `folder` are completed as such. */
function formOf(name: string, { argChoices }: Pick<Option | Argument, "argChoices">): ValueForm {
  if (argChoices !== undefined) return { kind: "choices", choices: argChoices };
  return name === "file" || name === "folder" ? { kind: name } : TEXT;
}

/** Returns the flags that take a value, each once: a word behind one of them is no command. */
export const valueFlags = (vocabularies: readonly Vocabulary[]): readonly string[] => [
  ...new Set(
    vocabularies.flatMap(({ flags }) =>
      flags.flatMap(({ word, value }) => (value === undefined ? [] : word)),
    ),
  ),
];
