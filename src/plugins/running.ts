import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Memory } from "../core/memory.ts";
import type { Plugin } from "../plugin.ts";

/** The plugins that run. */
export interface RunningPlugins {
  /** Starts the plugins that do not run yet, and ends those that are not in `plugins`. */
  run(plugins: ReadonlyMap<string, Plugin>): void;
}

/** The parts that plugins get access to. */
export interface RunningDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: Memory;
  /** Accepts the report of a component. Returns what is wrong with it, if anything. */
  readonly report: (component: string, report: unknown) => string | undefined;
}

/** Creates an empty set of running plugins. */
export function createRunningPlugins({ clock, log, memory, report }: RunningDeps): RunningPlugins {
  const controllers = new Map<string, AbortController>();
  const start = async (name: string, plugin: Plugin, signal: AbortSignal): Promise<void> => {
    try {
      await plugin.start?.({
        clock,
        log,
        signal,
        memory: memory.namespace(`plugin/${name}`),
        report(component, value) {
          if (signal.aborted) return;
          const problem = report(component, value);
          if (problem !== undefined) throw new Error(problem);
        },
      });
    } catch (error) {
      if (!signal.aborted) log.error({ plugin: name, err: error }, "a plugin failed");
    }
  };
  return {
    run(plugins) {
      for (const [name, controller] of controllers) {
        if (plugins.has(name)) continue;
        controller.abort();
        controllers.delete(name);
      }
      for (const [name, plugin] of plugins) {
        if (controllers.has(name)) continue;
        const controller = new AbortController();
        controllers.set(name, controller);
        void start(name, plugin, controller.signal);
      }
    },
  };
}
