import type { Config } from "../../config/config.ts";
import { warnOfUnknownVariables } from "../../config/env/env.ts";
import { loadConfigText } from "../../config/load.ts";
import { configDeps, loadConfig, sourceOf } from "../load-config.ts";
import { CommandError, type Shell } from "../shell.ts";
import {
  BUILT_IN_NAMES,
  builtInConfig,
  missingModule,
  moduleOfScheme,
  unknownBuiltIn,
} from "./built-in-modules.ts";
import { isAddress, type ProbeSelection, selectTargets, type TargetSelector } from "./selection.ts";

const NOTHING = `nothing is configured: pass --config.file or a URL such as https://example.com, or describe an LLM with
HEARTBEAT_LLM_URL and HEARTBEAT_LLM_MODEL`;

/** The probes that a command line selects, and the configuration with their modules. */
export interface OpenSelection {
  readonly config: Config;
  readonly selections: readonly ProbeSelection[];
}

/**
 * Loads the configuration that has what the command line selects: the file, else the environment, else built-in modules for
 * addresses.
 * @returns rejects with ConfigError if the configuration is invalid, with CommandError if it lacks something selected
 */
export async function openSelection(
  selector: TargetSelector & { readonly configFile?: string },
  shell: Shell,
): Promise<OpenSelection> {
  const { configFile, targets, module } = selector;
  const isConfigured = sourceOf(configFile, shell.env) !== undefined;
  if (configFile === undefined && module === undefined && targets.length > 0 && targets.every(isAddress))
    return openBuiltIn(selector, shell);
  if (configFile === undefined && !isConfigured && targets.length > 0) return openBuiltIn(selector, shell);
  if (!isConfigured)
    throw new CommandError([NOTHING, ...warnOfUnknownVariables(shell.env)].join("\n"), "usage");
  const config = await loadConfig(configFile, shell);
  const lacksModule = module !== undefined && !config.modules.has(module) && !config.offModules.has(module);
  if (configFile === undefined && lacksModule && BUILT_IN_NAMES.includes(module))
    return openBuiltIn(selector, shell);
  return { config, selections: selectTargets(selector, config) };
}

function openBuiltIn(selector: TargetSelector, shell: Shell): OpenSelection {
  const { targets, module } = selector;
  if (module !== undefined && !BUILT_IN_NAMES.includes(module))
    throw new CommandError(unknownBuiltIn(module), "usage");
  const names = targets.map((address) => {
    const name = module ?? moduleOfScheme(address);
    if (name === undefined) throw new CommandError(missingModule(address), "usage");
    return name;
  });
  const text = builtInConfig(new Set(names));
  const config = loadConfigText(text, "built-in modules", shell.env, configDeps);
  return { config, selections: selectTargets(selector, config) };
}
