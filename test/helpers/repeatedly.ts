import { setTimeout as pause } from "node:timers/promises";

/** Runs `work` every half second until the returned function is called. */
export function repeatedly(work: () => Promise<unknown>): () => Promise<void> {
  const ending = new AbortController();
  const loop = (async () => {
    while (!ending.signal.aborted) {
      await work();
      await pause(500);
    }
  })();
  return async () => {
    ending.abort();
    await loop;
  };
}
