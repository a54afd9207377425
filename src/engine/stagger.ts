/**
 * Creates a function that spreads callers over turns of the event loop: the first one goes on immediately, each further one
 * a turn later. Between two turns the exporter reads the responses to earlier probes, so that a burst of probes does not
 * inflate its own latencies.
 */
export function createStagger(): () => Promise<void> | undefined {
  const waiting: (() => void)[] = [];
  let busy = false;
  const next = (): void => {
    const start = waiting.shift();
    busy = start !== undefined;
    if (start === undefined) return;
    setImmediate(next);
    start();
  };
  return () => {
    if (busy) return new Promise((resolve) => waiting.push(resolve));
    busy = true;
    setImmediate(next);
    return undefined;
  };
}
