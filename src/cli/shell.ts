import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { allMetrics } from "../catalogue/index.ts";
import type { Config, ConfigDeps, ConfigSource } from "../config/config.ts";
import type { Environment } from "../config/document/convert.ts";
import { describesTarget } from "../config/env/env.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { probers } from "../probers/index.ts";
import { compileRegexp } from "../probers/regexp.ts";
import { openConfig } from "./open-config.ts";

/** Where a command runs: what it is told by the machine, and where it says something. */
export interface Shell {
  readonly version: string;
  readonly env: Environment;
  readonly clock: Clock;
  /** Whether standard output is a terminal that wants colours. */
  readonly colours: boolean;
  /** Writes to standard output: the answer, and nothing else. */
  out(text: string): void;
  /** Writes to standard error: everything else. */
  err(text: string): void;
  /** Shows what is going on, in place of what it showed before; an empty text takes it away. Does nothing unless on a terminal. */
  progress(text: string): void;
}

/** What a command does; resolves to its exit code. */
export type Run = (shell: Shell) => Promise<number>;

/** Exit codes of commands: all is well, something failed, it could not be understood. */
export const EXIT = { good: 0, failed: 1, usage: 2 } as const;

/** Ends a command with a text for the user. `usage`: what was asked cannot be; otherwise it went wrong. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(message: string, kind: "usage" | "failed" = "failed", options?: ErrorOptions) {
    super(message, options);
    this.exitCode = EXIT[kind];
  }
}

export const configDeps: ConfigDeps = {
  probers,
  metrics: allMetrics(probers),
  formats: { regexp: isRegexp },
};

export const NOTHING_CONFIGURED = `nothing is configured: give --config.file, or describe an LLM with HEARTBEAT_LLM_URL and HEARTBEAT_LLM_MODEL,
or let machines ping with HEARTBEAT_PING_TOKEN;
--demo runs a demonstration, --help says more`;

/** Where the configuration comes from, or `undefined` when there is none. */
export function sourceOf(configFile: string | undefined, env: Environment): ConfigSource | undefined {
  if (configFile !== undefined) return { kind: "file", path: configFile, env };
  return describesTarget(env) ? { kind: "environment", env } : undefined;
}

/**
 * The configuration of a command that cannot do without. Its warnings go to standard error.
 * @returns rejects with ConfigError when it is bad, with CommandError when there is none
 */
export async function loadConfig(configFile: string | undefined, shell: Shell): Promise<Config> {
  const source = sourceOf(configFile, shell.env);
  if (source === undefined) throw new CommandError(NOTHING_CONFIGURED.replace(/;\n.*/s, ""), "usage");
  const { holder } = await openConfig(source, configDeps, systemClock);
  const config = holder.current();
  for (const warning of config.warnings) shell.err(`warning: ${warning}\n`);
  return config;
}

/**
 * The text of a file that a flag names.
 * @throws CommandError when it cannot be read
 */
export function readTextFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandError(`${file}: cannot be read: ${codeOf(error)}`, "usage", { cause: error });
  }
}

/** The operating system's code of an error, such as `ENOENT`. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "an error";

/** The flag that most commands have. */
export const withConfigFile = (command: Command): Command =>
  command.option(
    "--config.file <path>",
    "configuration, in YAML; without it the environment describes one LLM target",
  );

/** Wrong flags of a command end it with the code that scripts can tell from a failure. */
export const withUsageExit = (command: Command): Command =>
  command
    .helpOption("--help", "print this help")
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
