import { registerHooks } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import type { Clock } from "../core/clock.ts";
import type { Prober } from "../core/prober.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { readSmall, realpath, statSmall } from "../files/files.ts";
import type { Plugin } from "../plugin.ts";
import { type PluginProblem, type ReservedNames, readPlugin } from "./contract.ts";
import { guardProber } from "./guard.ts";

/** A plugin's file in the configuration. */
export interface PluginFile {
  /** The name in the configuration. */
  readonly name: string;
  /** The absolute path. */
  readonly path: string;
}

/** The result of loading a file. */
export type LoadedPlugin =
  | {
      readonly kind: "plugin";
      readonly plugin: Plugin;
      readonly probers: readonly Prober[];
      /** True if the file has changed since it was loaded, which has no effect before a restart. */
      readonly changed: boolean;
    }
  | ({ readonly kind: "problem" } & PluginProblem);

/** Loads plugins. */
export interface PluginLoader {
  /** Loads each file once, and returns results by path. Never rejects: a problem of a file is its result. */
  load(files: readonly PluginFile[]): Promise<ReadonlyMap<string, LoadedPlugin>>;
}

/** Longest time to load a file, so that one with a top-level await cannot block the start for ever. */
const LONGEST_LOAD = seconds(10);

/** Mode bit: writable by all users. */
const WORLD_WRITABLE = 0o002;
/** Mode bit of a folder such as `/tmp`, in which only the owner of a file can replace it. */
const STICKY = 0o1000;

/**
 * Creates a loader.
 * @param library the module for the specifier `heartbeat-exporter/plugin`
 */
export function createPluginLoader(clock: Clock, reserved: ReservedNames, library: URL): PluginLoader {
  const loaded = new Map<string, { plugin: Plugin; probers: readonly Prober[]; stamp: string }>();
  /** Number of failed attempts by path. */
  const failures = new Map<string, number>();
  let hooked = false;

  /** A plugin can be in any folder, where its import would not find the exporter's package, or would find another version. */
  const hook = (): void => {
    if (hooked) return;
    hooked = true;
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === "heartbeat-exporter/plugin"
          ? { url: library.href, shortCircuit: true }
          : next(specifier, context),
    });
  };

  const loadOne = async ({ name, path }: PluginFile, kinds: Set<string>): Promise<LoadedPlugin> => {
    const known = loaded.get(path);
    const file = await examine(path);
    if ("got" in file) return { kind: "problem", ...file };
    if (known !== undefined) {
      const duplicate = known.probers.find(({ kind }) => kinds.has(kind));
      if (duplicate !== undefined) return { kind: "problem", ...sameKind(duplicate.kind) };
      return { kind: "plugin", ...known, changed: known.stamp !== file.stamp };
    }
    hook();
    // Node.js caches the result of an import, failures included: another attempt needs another URL.
    const failed = failures.get(path) ?? 0;
    failures.set(path, failed + 1);
    const url = `${pathToFileURL(file.real).href}${failed === 0 ? "" : `?attempt=${failed + 1}`}`;
    let exports: Readonly<Record<string, unknown>>;
    try {
      exports = await within(import(url), LONGEST_LOAD, clock);
    } catch (error) {
      return {
        kind: "problem",
        got: `a module that cannot be loaded: ${textOf(error)}`,
        want: "a TypeScript or JavaScript module",
      };
    }
    const plugin = readPlugin(exports, {
      ...reserved,
      kinds: new Set([...reserved.kinds, ...kinds]),
    });
    if ("got" in plugin) return { kind: "problem", ...plugin };
    const probers = (plugin.probers ?? []).map((prober) => guardProber(prober, name));
    loaded.set(path, { plugin, probers, stamp: file.stamp });
    return { kind: "plugin", plugin, probers, changed: false };
  };

  return {
    async load(files) {
      const results = new Map<string, LoadedPlugin>();
      const kinds = new Set<string>();
      for (const file of files) {
        if (results.has(file.path)) continue;
        const result = await loadOne(file, kinds);
        results.set(file.path, result);
        if (result.kind === "plugin") for (const { kind } of result.probers) kinds.add(kind);
      }
      return results;
    },
  };
}

const sameKind = (kind: string): PluginProblem => ({
  got: `kind: ${JSON.stringify(kind)}`,
  want: "kind: a name that no other prober has",
});

/** Checks a file that runs with the exporter's rights: other users must not be able to replace it. */
async function examine(path: string): Promise<{ real: string; stamp: string } | PluginProblem> {
  try {
    const real = await realpath(path);
    const [file, folder] = await Promise.all([statSmall(real), statSmall(dirname(real))]);
    if (!file.isFile()) return { got: "not a regular file", want: "a regular file" };
    if ((file.mode & WORLD_WRITABLE) !== 0)
      return { got: "a world-writable file", want: "a file that other users cannot write (chmod o-w)" };
    if ((folder.mode & WORLD_WRITABLE) !== 0 && (folder.mode & STICKY) === 0)
      return {
        got: "a file in a world-writable folder",
        want: "a folder that other users cannot write (chmod o-w)",
      };
    // An import reads the file in a way that blocks the process if its file system does not answer.
    await readSmall(real);
    return { real, stamp: `${file.mtimeMs} ${file.size} ${file.ino}` };
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return { got: missing ? "no such file" : textOf(error), want: "a readable file" };
  }
}

async function within<T>(run: Promise<T>, patience: Seconds, clock: Clock): Promise<T> {
  let cancel = (): void => {};
  const timer = new Promise<never>((_resolve, reject) => {
    cancel = clock.timeout(patience, () => reject(new Error(`loading took longer than ${patience} s`)));
  });
  try {
    return await Promise.race([run, timer]);
  } finally {
    cancel();
  }
}

/** Returns the first line: syntax errors of type stripping have several, and the first one names the error. */
const textOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
