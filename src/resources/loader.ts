import { registerHooks } from "node:module";
import { embedded, keyOf, urlOf } from "./single.ts";

/*
 * The first code of a single executable, of each of its threads and of each of its processes: scripts/single-file.ts bundles
 * this module into one script. It lets Node.js load modules from inside of the executable as it loads others from files.
 */

/** The key of the script that this module becomes, which is in CommonJS: only that is a first script. */
export const LOADER = "loader.js";

/** Variable that tells a process which module to run, set by the process that starts it. */
export const CHILD_MODULE = "HEARTBEAT_EXPORTER_CHILD_MODULE";

/** Runs a module from inside of the executable. */
export function load(url: string): void {
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL = "" } = context;
      const isRelative = /^\.\.?\//.test(specifier) && parentURL.startsWith("single:");
      if (!isRelative && !specifier.startsWith("single:")) return next(specifier, context);
      const { href } = isRelative ? new URL(specifier, parentURL) : new URL(specifier);
      return { url: href, format: "module", shortCircuit: true };
    },
    load(moduleUrl, context, next) {
      const key = moduleUrl.startsWith("single:") ? keyOf(new URL(moduleUrl)) : undefined;
      if (key === undefined) return next(moduleUrl, context);
      return { format: "module", source: embedded(key).toString("utf8"), shortCircuit: true };
    },
  });
  void import(url);
}

/** Runs the program, or the module that the process was started for. */
export function start(): void {
  // oxlint-disable-next-line node/no-process-env -- the one way to say it to a process before it has read its arguments
  const { env } = process;
  const module = env[CHILD_MODULE];
  delete env[CHILD_MODULE];
  // Only a process with a channel to the exporter is one of its own.
  load(module !== undefined && process.send !== undefined ? module : urlOf("dist/main.js").href);
}
