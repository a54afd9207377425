import { realpath, stat } from "node:fs/promises";
import { registerHooks } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import type { Clock } from "../core/clock.ts";
import type { Prober } from "../core/prober.ts";
import { type Seconds, seconds } from "../core/units.ts";
import type { Plugin } from "../plugin.ts";
import { type PluginProblem, type ReservedNames, readPlugin } from "./contract.ts";
import { guarded } from "./guard.ts";

/** A file that was asked for. */
export interface PluginFile {
  /** As the configuration names it. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/** What became of it. */
export type LoadedPlugin =
  | {
      readonly kind: "plugin";
      readonly plugin: Plugin;
      readonly probers: readonly Prober[];
      /** The file is another by now, which has no effect before a restart. */
      readonly changed: boolean;
    }
  | ({ readonly kind: "problem" } & PluginProblem);

export interface PluginLoader {
  /** Loads files, each once; by their paths. Never rejects: what is wrong with a file is its result. */
  load(files: readonly PluginFile[]): Promise<ReadonlyMap<string, LoadedPlugin>>;
}

/** A module that waits for something while it loads must not keep the exporter from starting for ever. */
const LONGEST_LOAD = seconds(10);

/** Writable by everybody. */
const WORLD_WRITABLE = 0o002;
/** In a folder with this bit only the owner of a file can replace it: `/tmp`. */
const STICKY = 0o1000;

/** @param library the module that plugins mean by `heartbeat-exporter/plugin` */
export function createPluginLoader(clock: Clock, taken: ReservedNames, library: URL): PluginLoader {
  const loaded = new Map<string, { plugin: Plugin; probers: readonly Prober[]; stamp: string }>();
  /** How often each file was tried in vain. */
  const failures = new Map<string, number>();
  let hooked = false;

  /** Plugins lie anywhere, so that they would not find the exporter's package by themselves; and it must be this one. */
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
      const taken = known.probers.find(({ kind }) => kinds.has(kind));
      if (taken !== undefined) return { kind: "problem", ...sameKind(taken.kind) };
      return { kind: "plugin", ...known, changed: known.stamp !== file.stamp };
    }
    hook();
    // Node.js remembers how loading an address went, also badly: another try needs another address.
    const failed = failures.get(path) ?? 0;
    failures.set(path, failed + 1);
    const url = `${pathToFileURL(file.real).href}${failed === 0 ? "" : `?attempt=${failed + 1}`}`;
    let exports: Readonly<Record<string, unknown>>;
    try {
      exports = await within(import(url), LONGEST_LOAD, clock);
    } catch (error) {
      return {
        kind: "problem",
        got: `a file that fails to load: ${textOf(error)}`,
        want: "a module that loads",
      };
    }
    const plugin = readPlugin(exports, { ...taken, kinds: new Set([...taken.kinds, ...kinds]) });
    if ("got" in plugin) return { kind: "problem", ...plugin };
    const probers = (plugin.probers ?? []).map((prober) => guarded(prober, name));
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
  want: "kind: one that no other prober has",
});

/** A plugin is code that runs with the exporter's rights: nobody else may be able to replace it. */
async function examine(path: string): Promise<{ real: string; stamp: string } | PluginProblem> {
  try {
    const real = await realpath(path);
    const [file, folder] = await Promise.all([stat(real), stat(dirname(real))]);
    if (!file.isFile()) return { got: "something that is no file", want: "a file" };
    if ((file.mode & WORLD_WRITABLE) !== 0)
      return { got: "a file that everybody may write", want: "one that others cannot write (chmod o-w)" };
    if ((folder.mode & WORLD_WRITABLE) !== 0 && (folder.mode & STICKY) === 0)
      return {
        got: "a file in a folder that everybody may write",
        want: "a folder that others cannot write (chmod o-w)",
      };
    return { real, stamp: `${file.mtimeMs} ${file.size} ${file.ino}` };
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return { got: missing ? "no such file" : textOf(error), want: "a file that can be read" };
  }
}

async function within<T>(run: Promise<T>, patience: Seconds, clock: Clock): Promise<T> {
  let cancel = (): void => {};
  const timer = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(patience, () => reject(new Error(`it does not end within ${patience} s`)));
  });
  try {
    return await Promise.race([run, timer]);
  } finally {
    cancel();
  }
}

/** Syntax errors of type stripping have several lines; the first says it. */
const textOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
