import { createInterface, type Interface } from "node:readline/promises";
import { CommandError } from "../shell.ts";

/** Asks on the terminal of this process. */
export interface Prompt {
  /** Resolves to the line that was typed; rejects with CommandError if the input ended, or by Ctrl-C. */
  ask(text: string): Promise<string>;
  close(): void;
}

/** Returns true if there is someone to ask. Questions go to standard error, because standard output is for the result. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/** Opens the terminal for questions. */
export function openPrompt(): Prompt {
  const lines: Interface = createInterface({ input: process.stdin, output: process.stderr });
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  lines.once("close", () => ended.reject(new CommandError("\nstopped; nothing was written")));
  return {
    ask: (text) => {
      const answer = lines.question(text);
      // It rejects after the prompt has ended, which the other promise tells.
      answer.catch(() => {});
      return Promise.race([ended.promise, answer]);
    },
    close: () => lines.close(),
  };
}
