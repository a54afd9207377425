import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { allMetrics } from "../catalogue/index.ts";
import type { Config, ConfigDeps, ConfigSource } from "../config/config.ts";
import type { Environment } from "../config/document/convert.ts";
import { describesTarget, warnOfUnknownVariables } from "../config/env/env.ts";
import type { ConfigHolder } from "../config/reload.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { probers } from "../probers/index.ts";
import { compileRegexp } from "../probers/regexp.ts";
import { openConfig } from "./open-config.ts";

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

/** Exit codes of commands: success, failure, and wrong usage or a bad configuration. */
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

/** The built-in probers and formats that a configuration is checked against. */
export const configDeps: ConfigDeps = {
  probers,
  metrics: allMetrics(probers),
  formats: { regexp: isRegexp },
};

const NO_CONFIGURATION = `nothing is configured: pass --config.file, or describe an LLM with HEARTBEAT_LLM_URL and
HEARTBEAT_LLM_MODEL, or accept pings with HEARTBEAT_PING_TOKEN`;

/**
 * Returns the error of an exporter that has neither a configuration file nor variables that describe a target. Misspelt
 * variables are named, because they may be why.
 */
export const nothingConfigured = (env: Environment): string =>
  [
    `${NO_CONFIGURATION};\n--demo runs a demonstration, --help explains the options`,
    ...warnOfUnknownVariables(env),
  ].join("\n");

/** Returns the source of the configuration: the file, else the environment if it describes a target, else `undefined`. */
export function sourceOf(configFile: string | undefined, env: Environment): ConfigSource | undefined {
  if (configFile !== undefined) return { kind: "file", path: configFile, env };
  return describesTarget(env) ? { kind: "environment", env } : undefined;
}

/**
 * Loads the configuration of a command that requires one, and prints its warnings to standard error.
 * @returns rejects with ConfigError if the configuration is invalid, with CommandError if there is none
 */
export async function loadConfig(configFile: string | undefined, shell: Shell): Promise<Config> {
  return (await openConfigFile(configFile, shell)).current();
}

/** Opens the configuration of a command as `loadConfig` does, for commands that need its plugins too. */
export async function openConfigFile(configFile: string | undefined, shell: Shell): Promise<ConfigHolder> {
  const source = sourceOf(configFile, shell.env);
  if (source === undefined) {
    throw new CommandError([NO_CONFIGURATION, ...warnOfUnknownVariables(shell.env)].join("\n"), "usage");
  }
  const { holder } = await openConfig(source, configDeps, systemClock);
  for (const warning of holder.current().warnings) shell.err(`warning: ${warning}\n`);
  return holder;
}

/**
 * Reads the file that a flag names.
 * @throws CommandError if it cannot be read
 */
export function readTextFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
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
    "--config.file <path>",
    "YAML configuration; without it, environment variables describe one LLM target",
  );

/** Makes wrong flags exit with the usage code, so that scripts can tell them from a failure. */
export const withUsageExit = (command: Command): Command =>
  command
    .helpOption("--help", "show this help")
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.good : EXIT.usage));

function isRegexp(source: string): boolean {
  try {
    compileRegexp(source);
    return true;
  } catch {
    return false;
  }
}
