import type { ConfigDeps, ConfigSource } from "../config/config.ts";
import { schemaProblem } from "../config/load.ts";
import { type ConfigHolder, createConfigHolder, readSource } from "../config/reload.ts";
import { pluginFilesOf } from "../config/sections/plugins.ts";
import type { Clock } from "../core/clock.ts";
import { namesOf } from "../core/metric.ts";
import type { Plugin } from "../plugin.ts";
import { createPluginLoader, type LoadedPlugin } from "../plugins/loader.ts";

/** A loaded configuration together with its plugins. */
export interface OpenConfig {
  readonly holder: ConfigHolder;
  /** Returns the plugins of the current configuration by their configured names. */
  plugins(): ReadonlyMap<string, Plugin>;
}

/** The module that plugins import as `heartbeat-exporter/plugin`: TypeScript or compiled, like this file. */
const LIBRARY = new URL(`../plugin${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/**
 * Loads the plugins that a configuration names, then the configuration itself; a reload does both again.
 * @param own the built-in probers and formats
 * @returns rejects with ConfigError if the configuration is invalid
 */
export async function openConfig(source: ConfigSource, own: ConfigDeps, clock: Clock): Promise<OpenConfig> {
  const loader = createPluginLoader(
    clock,
    {
      kinds: new Set(own.probers.map(({ kind }) => kind)),
      metrics: namesOf(own.metrics),
      schemaProblem: (schema) => schemaProblem(schema, own),
    },
    LIBRARY,
  );
  const prepared = new Map<ConfigDeps, ReadonlyMap<string, Plugin>>([[own, new Map()]]);
  let newest = { key: "", deps: own };

  /** Returns the same object as long as the plugins are the same, which tells a reload that nothing changed. */
  const prepare = async (text: string): Promise<ConfigDeps> => {
    const files = source.kind === "file" ? pluginFilesOf(text, source.path, source.env) : [];
    if (files.length === 0) return own;
    const loaded = await loader.load(files);
    const key = JSON.stringify([...loaded].map(([path, one]) => [path, summaryOf(one)]));
    if (key === newest.key) return newest.deps;
    const brought = [...loaded.values()].flatMap((one) => (one.kind === "plugin" ? one.probers : []));
    const deps: ConfigDeps = {
      ...own,
      probers: [...own.probers, ...brought],
      metrics: [...own.metrics, ...brought.flatMap(({ metrics }) => metrics)],
      plugins: new Map([...loaded].map(([path, one]) => [path, findingOf(one)])),
    };
    newest = { key, deps };
    prepared.set(
      deps,
      new Map(
        files.flatMap(({ name, path }) => {
          const one = loaded.get(path);
          return one?.kind === "plugin" ? [[name, one.plugin] as const] : [];
        }),
      ),
    );
    return deps;
  };

  const holder = createConfigHolder(source, await prepare(readSource(source)), clock, prepare);
  return { holder, plugins: () => prepared.get(holder.deps()) ?? new Map() };
}

const CHANGED = "the file has changed since it was loaded; restart the exporter to load it again";

const summaryOf = (one: LoadedPlugin): unknown => (one.kind === "plugin" ? one.changed : [one.got, one.want]);

const findingOf = (one: LoadedPlugin) => {
  if (one.kind === "problem") return { problem: { got: one.got, want: one.want } };
  return one.changed ? { warning: CHANGED } : {};
};
