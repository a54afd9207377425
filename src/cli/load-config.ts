import { allMetrics } from "../catalogue/index.ts";
import type { Config, ConfigDeps, ConfigSource } from "../config/config.ts";
import type { Environment } from "../config/document/convert.ts";
import { describesTarget, warnOfUnknownVariables } from "../config/env/env.ts";
import type { ConfigHolder } from "../config/reload.ts";
import { systemClock } from "../core/clock.ts";
import { probers } from "../probers/index.ts";
import { openConfig } from "./open-config.ts";
import { PROBER_FORMATS } from "./prober-formats.ts";
import { CommandError, type Shell } from "./shell.ts";

/** The built-in probers and formats that a configuration is checked against. */
export const configDeps: ConfigDeps = {
  probers,
  metrics: allMetrics(probers),
  formats: PROBER_FORMATS,
};

const NO_CONFIGURATION = `nothing is configured: pass --config.file, or describe an LLM with HEARTBEAT_LLM_URL and
HEARTBEAT_LLM_MODEL, or accept pings with HEARTBEAT_PING_TOKEN`;

/**
 * Returns the error of an exporter that has neither a configuration file nor variables that describe a target. Misspelt
 * variables are named, because they may be why.
 */
export const nothingConfigured = (env: Environment): string =>
  [
    `${NO_CONFIGURATION};\n--demo runs a demonstration, init writes a first configuration, --help explains the options`,
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

/**
 * Opens the configuration of a command as `loadConfig` does, for commands that need its plugins too.
 * @param shards the shards to load it for
 */
export async function openConfigFile(
  configFile: string | undefined,
  shell: Shell,
  shards: Pick<ConfigDeps, "shard" | "totalShards"> = {},
): Promise<ConfigHolder> {
  const source = sourceOf(configFile, shell.env);
  if (source === undefined) {
    throw new CommandError([NO_CONFIGURATION, ...warnOfUnknownVariables(shell.env)].join("\n"), "usage");
  }
  const { holder } = await openConfig(source, { ...configDeps, ...shards }, systemClock);
  for (const warning of holder.current().warnings) shell.err(`warning: ${warning}\n`);
  return holder;
}
