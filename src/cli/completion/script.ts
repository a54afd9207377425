import type { Command } from "commander";
import type { CompletionShell } from "../completion.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { type Vocabulary, vocabularyOf } from "./vocabulary.ts";
import { zshScript } from "./zsh.ts";

const SCRIPTS: Readonly<
  Record<CompletionShell, (vocabularies: readonly Vocabulary[], name: string) => string>
> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** Returns the script that completes the command line of `program` in a shell. */
export const completionScript = (shell: CompletionShell, program: Command): string =>
  SCRIPTS[shell](vocabularyOf(program), program.name());
