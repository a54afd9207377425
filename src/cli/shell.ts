import type { Command } from "commander";
import type { Environment } from "../config/document/convert.ts";
import type { Clock } from "../core/clock.ts";
import { decodeText } from "../core/decode-text.ts";
import { seconds } from "../core/units.ts";
import { readOnce } from "../files/once.ts";

/** The environment of a command: its inputs from the machine and its output streams. */
export interface Shell {
  readonly version: string;
  readonly env: Environment;
  readonly clock: Clock;
  /** True if standard output is a terminal and colours are not turned off. */
  readonly colours: boolean;
  /** Writes to standard output, which carries only the command's result. */
  out(text: string): void;
  /** Writes to standard error: warnings, notes and errors. */
  err(text: string): void;
  /** Replaces the progress line on a terminal; an empty text clears it. Does nothing without a terminal. */
  progress(text: string): void;
}

/** The work of a command. Resolves to its exit code. */
export type Run = (shell: Shell) => Promise<number>;

/** Called by the command on the command line, with the work to do. */
export type Choose = (run: Run) => void;

/**
 * Exit codes of every command: 0 success, 1 a bad result (something failed, or a check found something), 2 wrong use (wrong
 * flags, or an invalid configuration where a valid one is needed).
 */
export const EXIT = { good: 0, failed: 1, usage: 2 } as const;

/** An error that ends a command with a message for the user. Its kind, `usage` or `failed`, selects the exit code. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(message: string, kind: "usage" | "failed" = "failed", options?: ErrorOptions) {
    super(message, options);
    this.exitCode = EXIT[kind];
  }
}

/** How long a pipe may keep a command waiting. */
export const PIPE_PATIENCE = seconds(60);

/**
 * Reads the file that a flag names; it may be a pipe.
 * @throws CommandError if it cannot be read
 */
export function readTextFile(file: string): string {
  try {
    return decodeText(readOnce(file, { patience: PIPE_PATIENCE }));
  } catch (error) {
    throw new CommandError(`${file}: cannot be read: ${codeOf(error)}`, "usage", { cause: error });
  }
}

/** Returns the operating system's code of an error, such as `ENOENT`. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "an error";

/** Adds `--config.file`, which most commands have. */
export const withConfigFile = (command: Command): Command =>
  command.option(
    "--config.file <file>",
    "YAML configuration; without it, environment variables describe one LLM target",
  );

/** Adds the flags that say which part of the configuration an exporter works on. */
export const withShard = (command: Command): Command =>
  command
    .option(
      "--shard <number>",
      "number of this exporter, from 0 on, of --total-shards that share the configuration (or HEARTBEAT_SHARD)",
    )
    .option("--total-shards <count>", "number of shards (or HEARTBEAT_TOTAL_SHARDS)");

/** Ends the process after commander printed help, or what is wrong with the flags. */
export const exitUsage = ({ exitCode }: { readonly exitCode: number }): never =>
  process.exit(exitCode === 0 ? EXIT.good : EXIT.usage);

/** The flags that print the help of a command. */
export const HELP_FLAGS = "-h, --help";

/** Makes wrong flags exit with the usage code, so that scripts can tell them from a failure. */
export const withUsageExit = (command: Command): Command =>
  command.helpOption(HELP_FLAGS, "show this help").allowExcessArguments(false).exitOverride(exitUsage);
