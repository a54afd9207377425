import { forgetOldest } from "../core/forget-oldest.ts";

/** Most shares whose last turn is remembered. The oldest is forgotten first, as if it had never had one. */
const MOST_SHARES = 10_000;

/** The callers of one share that wait. */
interface Lane {
  readonly share: string;
  /** Number of the last turn of the share; 0 without one. */
  readonly lastTurn: number;
  readonly waiting: (() => void)[];
}

/**
 * Creates a function that spreads callers over turns of the event loop: the first one goes on immediately, each further one
 * a turn later. Between two turns the exporter reads the responses to earlier probes, so that a burst of probes does not
 * inflate its own latencies.
 *
 * The next turn goes to the share whose last one is the longest ago. Hosts that hang, and whose probes begin again as soon
 * as they have timed out, do not delay the probes of others.
 * @returns a function of the host, or of what else is one share; it returns `undefined` if the caller may go on at once
 */
export function createStagger(): (share: string) => Promise<void> | undefined {
  /** The newest turn of each share, the oldest first. */
  const lastTurns = new Map<string, number>();
  const lanes = new Map<string, Lane>();
  /** The lanes in the order of their turns. */
  const order: Lane[] = [];
  let turns = 0;
  let busy = false;

  const take = (share: string): void => {
    turns += 1;
    lastTurns.delete(share);
    lastTurns.set(share, turns);
    forgetOldest(lastTurns, MOST_SHARES);
  };
  const enter = (share: string, waiting: (() => void)[]): void => {
    const lane = { share, lastTurn: lastTurns.get(share) ?? 0, waiting };
    lanes.set(share, lane);
    const after = order.findLastIndex(({ lastTurn }) => lastTurn <= lane.lastTurn);
    order.splice(after + 1, 0, lane);
  };
  const next = (): void => {
    const lane = order.shift();
    busy = lane !== undefined;
    if (lane === undefined) return;
    lanes.delete(lane.share);
    take(lane.share);
    lane.waiting.shift()?.();
    if (lane.waiting.length > 0) enter(lane.share, lane.waiting);
    setImmediate(next);
  };

  return (share) => {
    if (busy)
      return new Promise((resolve) => {
        const lane = lanes.get(share);
        if (lane === undefined) enter(share, [resolve]);
        else lane.waiting.push(resolve);
      });
    busy = true;
    take(share);
    setImmediate(next);
    return undefined;
  };
}
