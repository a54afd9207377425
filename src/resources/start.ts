import { type ChildProcess, type ForkOptions, fork, spawn } from "node:child_process";
import { Worker, type WorkerOptions } from "node:worker_threads";
import { CHILD_MODULE, LOADER } from "./loader.ts";
import { embedded, keyOf } from "./single.ts";

/**
 * Returns the URL of a module of the program that is started by its path. The suffix depends on whether the code is compiled.
 * @param path relative to `from`, without a suffix
 * @param from `import.meta.url`
 */
export const moduleUrl = (path: string, from: string): URL =>
  new URL(`${path}${from.endsWith(".ts") ? ".ts" : ".js"}`, from);

/** Starts a thread that runs a module of the program. It has no flags of Node.js, because workers do not accept all of them. */
export function startThread(module: URL, options: Omit<WorkerOptions, "eval" | "execArgv">): Worker {
  if (keyOf(module) === undefined) return new Worker(module, { ...options, execArgv: [] });
  const code = `${embedded(LOADER).toString("utf8")}\nexports.load(${JSON.stringify(module.href)});`;
  return new Worker(code, { ...options, eval: true, execArgv: [] });
}

/** Starts a process that runs a module of the program, with a channel for messages as `fork` makes one. */
export function startProcess(
  module: URL,
  options: ForkOptions & { readonly env: Readonly<Record<string, string>> },
): ChildProcess {
  if (keyOf(module) === undefined) return fork(module, [], options);
  // A single executable has its flags of Node.js in it, and takes all arguments as its own.
  return spawn(process.execPath, [], { ...options, env: { ...options.env, [CHILD_MODULE]: module.href } });
}
