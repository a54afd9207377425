import type { ConfigDeps, ConfigSource } from "../config/config.ts";
import { ConfigError } from "../config/report.ts";
import { systemClock } from "../core/clock.ts";
import type { HeartbeatLogModule } from "../probers/heartbeat-log/options.ts";
import { heartbeatLogProber } from "../probers/heartbeat-log/prober.ts";
import { openConfig } from "./open-config.ts";
import type { ParseFlags } from "./parse.ts";

const { kind } = heartbeatLogProber;

/** A module with the defaults of all options. It may read no files, but reading is not its part here. */
const DEFAULTS = `modules: { log: { prober: ${kind}, ${kind}: { paths: [] } } }`;

/**
 * The module that says how to read a log: the one that is named, or the only one there is.
 * Rejects with ConfigError when it is not clear which one is meant, or the configuration is not good
 */
export async function logModule(
  { configFile, module: name }: Pick<ParseFlags, "configFile" | "module">,
  deps: ConfigDeps,
  env: Readonly<Record<string, string | undefined>>,
): Promise<HeartbeatLogModule> {
  const source: ConfigSource =
    configFile === undefined
      ? { kind: "text", name: "defaults", text: DEFAULTS }
      : { kind: "file", path: configFile, env };
  const { holder } = await openConfig(source, deps, systemClock);
  const { modules } = holder.current();
  const possible = [...modules.values()].filter(({ prober }) => prober.kind === kind);
  const named = name === undefined ? possible : possible.filter((one) => one.name === name);
  const [module] = named;
  if (module !== undefined && named.length === 1 && (name === undefined || configFile !== undefined))
    return module.options as HeartbeatLogModule;
  const names = possible.map((one) => one.name).join(", ") || "there is none";
  const want =
    configFile === undefined
      ? "--config.file besides, with that module"
      : `a module of kind ${kind}: ${names}`;
  throw new ConfigError([{ place: "--module", path: "", got: name ?? "nothing", want }]);
}
