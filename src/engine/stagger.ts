/**
 * Spaces what would otherwise begin all at once: the first caller goes on immediately, each further one a turn of the
 * event loop later. So the answers to those who began are read between the beginnings of the others, and a burst of
 * probes does not measure itself.
 */
export function createStagger(): () => Promise<void> | undefined {
  const waiting: (() => void)[] = [];
  let taken = false;
  const next = (): void => {
    const begin = waiting.shift();
    taken = begin !== undefined;
    if (begin === undefined) return;
    setImmediate(next);
    begin();
  };
  return () => {
    if (taken) return new Promise((resolve) => waiting.push(resolve));
    taken = true;
    setImmediate(next);
    return undefined;
  };
}
