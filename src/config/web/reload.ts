import type { Clock } from "../../core/clock.ts";
import type { Seconds } from "../../core/units.ts";
import { loadWebConfig, type WebConfig } from "./config.ts";

/** The web configuration in use. */
export interface WebHolder {
  current(): WebConfig;
  /** Checks the files for changes at this interval. The returned function stops it. */
  watch(every: Seconds, listener: WebListener): () => void;
}

/** Receives a new web configuration, or the error of one that cannot be used; the current one then stays in use. */
export interface WebListener {
  changed(web: WebConfig): void;
  failed(error: unknown): void;
}

/**
 * Loads the file of `--web.config.file` and keeps the newest valid configuration.
 * @throws ConfigError if the file cannot be used
 */
export function createWebHolder(path: string, clock: Clock): WebHolder {
  let web = loadWebConfig(path);
  let lastTried = web.loadedVersions;
  return {
    current: () => web,
    watch(every, listener) {
      let stopped = false;
      const check = async (): Promise<void> => {
        const versions = await web.currentVersions();
        if (stopped) return;
        cancel = clock.after(every, () => void check());
        if (versions === lastTried) return;
        lastTried = versions;
        try {
          web = loadWebConfig(path);
          // The new configuration may name other files.
          lastTried = web.loadedVersions;
          listener.changed(web);
        } catch (error) {
          listener.failed(error);
        }
      };
      let cancel = clock.after(every, () => void check());
      return () => {
        stopped = true;
        cancel();
      };
    },
  };
}
