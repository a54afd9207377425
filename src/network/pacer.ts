import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Returns a function that resolves when the caller may begin: at once for the first `perTurn` callers of a turn of the
 * event loop, in later turns for the others. A burst of queries would overflow the receive buffer of a name server,
 * and each lost one would cost the seconds of a retry.
 */
export function createPacer(perTurn: number): () => Promise<void> | undefined {
  let begun = 0;
  let waiting: (() => void)[] = [];
  let draining = false;

  const drain = async (): Promise<void> => {
    draining = true;
    do {
      await nextTurn();
      const next = waiting.slice(0, perTurn);
      waiting = waiting.slice(perTurn);
      begun = next.length;
      for (const begin of next) begin();
    } while (begun > 0);
    draining = false;
  };

  return () => {
    if (!draining) void drain();
    if (begun < perTurn && waiting.length === 0) {
      begun += 1;
      return undefined;
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
}
