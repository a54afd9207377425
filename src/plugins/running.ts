import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Memory } from "../core/memory.ts";
import type { Plugin } from "../plugin.ts";

/** Plugins that do something by themselves. */
export interface RunningPlugins {
  /** Starts those that do not run yet, and ends those that are no longer among them. */
  run(plugins: ReadonlyMap<string, Plugin>): void;
}

export interface RunningDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: Memory;
  /** Takes the report of a component; returns what is wrong with it. */
  readonly report: (component: string, report: unknown) => string | undefined;
}

export function createRunningPlugins({ clock, log, memory, report }: RunningDeps): RunningPlugins {
  const running = new Map<string, AbortController>();
  const start = async (name: string, plugin: Plugin, signal: AbortSignal): Promise<void> => {
    try {
      await plugin.start?.({
        clock,
        log,
        signal,
        memory: memory.namespace(`plugin/${name}`),
        report(component, value) {
          if (signal.aborted) return;
          const wrong = report(component, value);
          if (wrong !== undefined) throw new Error(wrong);
        },
      });
    } catch (error) {
      if (!signal.aborted) log.error({ plugin: name, err: error }, "a plugin failed");
    }
  };
  return {
    run(plugins) {
      for (const [name, ending] of running) {
        if (plugins.has(name)) continue;
        ending.abort();
        running.delete(name);
      }
      for (const [name, plugin] of plugins) {
        if (running.has(name)) continue;
        const ending = new AbortController();
        running.set(name, ending);
        void start(name, plugin, ending.signal);
      }
    },
  };
}
