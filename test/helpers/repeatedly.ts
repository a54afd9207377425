import { setTimeout as pause } from "node:timers/promises";

/** Runs `work` with a pause after each run, of half a second by default, until the returned function is called. */
export function repeatedly(work: () => Promise<unknown>, ms = 500): () => Promise<void> {
  const ending = new AbortController();
  const loop = (async () => {
    while (!ending.signal.aborted) {
      await work();
      await pause(ms, undefined, { signal: ending.signal }).catch(() => {});
    }
  })();
  return async () => {
    ending.abort();
    await loop;
  };
}
