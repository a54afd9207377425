import type { ConfigDeps, ConfigSource } from "../config/config.ts";
import { schemaProblem } from "../config/load.ts";
import { type ConfigHolder, createConfigHolder, readSource } from "../config/reload.ts";
import { pluginFilesOf } from "../config/sections/plugins.ts";
import type { Clock } from "../core/clock.ts";
import { namesOf } from "../core/metric.ts";
import type { Plugin } from "../plugin.ts";
import { createPluginLoader, type LoadedPlugin } from "../plugins/loader.ts";

export interface OpenConfig {
  readonly holder: ConfigHolder;
  /** The plugins of the configuration in use, by their names in it. */
  plugins(): ReadonlyMap<string, Plugin>;
}

/** What plugins mean by `heartbeat-exporter/plugin`: the same file, compiled or not, as this one is. */
const LIBRARY = new URL(`../plugin${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/**
 * Loads the plugins that a configuration names, and then the configuration; again with each reload.
 * @throws ConfigError when it cannot be used
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

  /** The same plugins give the same object: that is how a reload knows that nothing changed. */
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

const CHANGED = "the file has changed since it was loaded, which has no effect before a restart";

const summaryOf = (one: LoadedPlugin): unknown => (one.kind === "plugin" ? one.changed : [one.got, one.want]);

const findingOf = (one: LoadedPlugin) => {
  if (one.kind === "problem") return { problem: { got: one.got, want: one.want } };
  return one.changed ? { warning: CHANGED } : {};
};
