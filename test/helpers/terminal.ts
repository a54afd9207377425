import { stripVTControlCharacters } from "node:util";
import { type Exit, type RunOptions, start, waitUntil } from "./process.ts";

/** A process on a pseudo-terminal of its own, with a test that types; `await using` stops it. */
export interface Terminal extends AsyncDisposable {
  readonly exited: Promise<Exit>;
  /** Returns everything on the screen so far, without control characters. */
  screen(): string;
  /** Waits until the process shows a text that it did not show before the last keys. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Types keys; `\r` is the return key, `\t` the tabulator. */
  type(keys: string): void;
}

/** Starts a command on a pseudo-terminal, by `script` of util-linux. */
export function openTerminal(argv: readonly string[], options: Pick<RunOptions, "cwd" | "env">): Terminal {
  const command = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const running = start(["script", "-qec", command, "/dev/null"], { ...options, isInteractive: true });
  const screen = (): string => stripVTControlCharacters(running.stdout()).replaceAll("\r", "");
  let seen = 0;
  return {
    exited: running.exited,
    screen,
    async waitFor(pattern) {
      const found = await waitUntil(
        `${pattern} on the terminal`,
        () => pattern.exec(screen().slice(seen)) ?? undefined,
      ).catch((error: unknown) => {
        throw new Error(`the terminal shows:\n${screen().slice(-2000)}`, { cause: error });
      });
      seen += found.index + found[0].length;
      return found;
    },
    type: (keys) => running.write(keys),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
