import type { ConfigDeps, ConfigSource } from "../config/config.ts";
import { resolverFor } from "../config/context.ts";
import { ConfigError } from "../config/document/problems.ts";
import { schemaProblem } from "../config/loading/config-document.ts";
import { createConfigReader } from "../config/loading/reader.ts";
import { type ConfigHolder, openConfigHolder } from "../config/reload.ts";
import type { Clock } from "../core/clock.ts";
import { namesOf } from "../core/metric.ts";
import type { Plugin } from "../plugin.ts";
import { createPluginLoader, type LoadedPlugin } from "../plugins/loader.ts";
import { moduleUrl } from "../resources/start.ts";

/** A loaded configuration together with its plugins. */
export interface OpenConfig {
  readonly holder: ConfigHolder;
  /** Returns the plugins of the current configuration by their configured names. */
  plugins(): ReadonlyMap<string, Plugin>;
}

/** The module that plugins import as `heartbeat-exporter/plugin`: TypeScript or compiled, like this file. */
const LIBRARY = moduleUrl("../plugin", import.meta.url);

/** The module of the worker that reads configurations. */
const WORKER = moduleUrl("./config-worker", import.meta.url);

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
      schemaProblem: (schema) => schemaProblem(schema, own.formats),
    },
    LIBRARY,
  );
  const prepared = new Map<ConfigDeps, ReadonlyMap<string, Plugin>>([[own, new Map()]]);
  let newest = { key: "", deps: own };

  /** Returns the same object as long as the plugins are the same, which tells a reload that nothing changed. */
  const prepare = async (names: readonly string[]): Promise<ConfigDeps> => {
    if (names.length === 0 || source.kind !== "file") return own;
    const resolvePath = resolverFor(source.path);
    const files = names.map((name) => ({ name, path: resolvePath(name) }));
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

  const reader = createConfigReader(own.formats, { entry: WORKER });
  const holder = await openConfigHolder({ source, clock, deps: own, prepare, reader }).catch(
    async (error: unknown) => {
      throw source.kind === "file" && error instanceof ConfigError
        ? await foreignFileError(error, source.path)
        : error;
    },
  );
  return { holder, plugins: () => prepared.get(holder.deps()) ?? new Map() };
}

/** Returns one error for the file of another program, instead of one for each of its keys. */
async function foreignFileError(error: ConfigError, path: string): Promise<ConfigError> {
  const { recognize } = await import("./import/formats.ts");
  const format = recognize(path);
  if (format === undefined) return error;
  const got = `the configuration of another program (${format})`;
  const want = `the exporter's own; heartbeat-exporter config import ${path} converts it`;
  return new ConfigError([{ place: path, path: "", got, want }], { cause: error });
}

const CHANGED = "the file has changed since it was loaded; restart the exporter to load it again";

const summaryOf = (one: LoadedPlugin): unknown => (one.kind === "plugin" ? one.changed : [one.got, one.want]);

const findingOf = (one: LoadedPlugin) => {
  if (one.kind === "problem") return { problem: { got: one.got, want: one.want } };
  return one.changed ? { warning: CHANGED } : {};
};
