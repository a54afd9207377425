import type { Clock } from "../../core/clock.ts";
import type { Seconds } from "../../core/units.ts";
import { loadWebConfig, type WebConfig } from "./config.ts";

/** The web configuration in use. */
export interface WebHolder {
  current(): WebConfig;
  /** Looks whether a file has changed, every so often, until the returned function is called. */
  watch(every: Seconds, told: WebListener): () => void;
}

/** Told of a new web configuration, or of why it cannot be used; the one in use then stays. */
export interface WebListener {
  changed(web: WebConfig): void;
  failed(error: unknown): void;
}

/**
 * @param path of the file of `--web.config.file`
 * @throws ConfigError when it cannot be used
 */
export function createWebHolder(path: string, clock: Clock): WebHolder {
  let web = loadWebConfig(path);
  let tried = web.read;
  return {
    current: () => web,
    watch(every, told) {
      const look = (): void => {
        cancel = clock.after(every, look);
        const stamp = web.stamp();
        if (stamp === tried) return;
        tried = stamp;
        try {
          const next = loadWebConfig(path);
          web = next;
          // The new one may be made of other files.
          tried = next.read;
          told.changed(next);
        } catch (error) {
          told.failed(error);
        }
      };
      let cancel = clock.after(every, look);
      return () => cancel();
    },
  };
}
