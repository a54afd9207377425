import { type Seconds, seconds } from "../../core/units.ts";
import type { LeaseChange, LeaseFacts, LeaseList } from "./collection.ts";
import { LONG_OUTAGE } from "./observation.ts";

/**
 * Time by which silence grows at most while it is unknown whether the API server could be read. More than none, so that a dead
 * holder's Lease expires even if each stretch of reading ends with a failure.
 */
const DOUBTFUL = seconds(5);

/** Shortest and longest time without a sign of life of the watch after which the collection is listed again. */
const SHORTEST_QUIET = seconds(5);
/** More than the minute between two bookmarks. */
const LONGEST_QUIET = seconds(75);
/** Part of the shortest timeout after which the watch counts as quiet: living holders renew more often. */
const QUIET = 1 / 3;

/** Longest time for which a list takes its place after the quiet has been noticed; after more, the exporter did not run. */
const NOTICE = seconds(15);

/** Most outages that are remembered. */
const MOST_OUTAGES = 50;

/** A time for which the API server could not be read. */
interface Outage {
  /** Number of outages before it. */
  readonly number: number;
  /** The reading time when it began. */
  readonly at: Seconds;
  readonly length: Seconds;
}

/** The point from which the silence of a Lease counts. */
export interface Since {
  /** The reading time at which it began: time for which the API server could be read. */
  readonly at: Seconds;
  /** Number of outages before it. */
  readonly outages: number;
  /** True if the holder was given a whole timeout again since its last renewal. */
  readonly spared: boolean;
}

/** A Lease of a set with the time since which it has been unchanged. */
export interface MemberLease extends LeaseFacts {
  readonly since: Since;
  /** True if no renewal was observed, so that the silence may have begun before `since`. */
  readonly isFound: boolean;
}

/** How long a Lease has been silent. */
export interface Silence {
  /** Silence that is certain: at its end, the API server still had no renewal. */
  readonly certain: Seconds;
  /** Silence if the watch has missed nothing. */
  readonly likely: Seconds;
  /** True if the holder was given a whole timeout again since its last renewal. */
  readonly spared: boolean;
}

/**
 * The Leases of a collection as lists and a watch have shown them, and how long they could be read. Time is an argument, by one
 * monotonic clock.
 */
export interface LeaseSet {
  /** Takes a list whose request was sent at `startedAt`. */
  listed(list: LeaseList, startedAt: Seconds, at: Seconds): void;
  /** Takes a change that the watch reports. */
  changed(change: LeaseChange, at: Seconds): void;
  /** Takes that the API server accepted a watch. */
  opened(at: Seconds): void;
  /**
   * Takes that a call failed.
   * @param hung true if it failed because nothing came, so that it is unknown since when that is so
   */
  failed(at: Seconds, hung: boolean): void;
  /** Returns the Leases by name; empty before the first list. */
  readonly leases: () => ReadonlyMap<string, MemberLease>;
  /** Number of Leases beyond the limit. */
  readonly omitted: () => number;
  /** Returns true if there is room for some of those beyond the limit, which only a list can find. */
  lacks(): boolean;
  /** Returns the point from which the silence of a Lease counts that begins now. */
  readonly mark: () => Since;
  silence(since: Since, timeout: Seconds, at: Seconds): Silence;
  /** Returns the time without a sign of life of the watch after which it may be cut. */
  readonly quietAfter: () => Seconds;
  /** Returns the time of the last sign of life; undefined before the first list, or while calls fail. */
  lastSign(): Seconds | undefined;
}

/**
 * Creates an empty set at the time `startedAt`.
 * @param most number of Leases that it holds
 * @param timeouts returns the timeouts that apply instead of those of the Leases
 */
export function createLeaseSet(
  most: number,
  startedAt: Seconds,
  timeouts: () => Iterable<Seconds> = () => [],
): LeaseSet {
  const leases = new Map<string, MemberLease>();
  const outages: Outage[] = [];
  let omitted = 0;
  let isListed = false;
  /** The reading time at `signAt`, the last sign of life. */
  let reading = seconds(0);
  let signAt = startedAt;
  let failing: { readonly first: Seconds; readonly last: Seconds } | undefined;
  /** The reading time when the last list was sent. */
  let certainUntil = seconds(0);
  let outageCount = 0;

  const quiet = (): Seconds => {
    let shortest = Infinity;
    for (const { duration } of leases.values())
      if (duration !== undefined) shortest = Math.min(shortest, duration);
    for (const timeout of timeouts()) shortest = Math.min(shortest, timeout);
    return seconds(Math.min(LONGEST_QUIET, Math.max(SHORTEST_QUIET, QUIET * shortest)));
  };
  const addOutage = (length: Seconds): void => {
    outages.push({ number: outageCount, at: reading, length });
    outageCount += 1;
    if (outages.length > MOST_OUTAGES) outages.shift();
  };
  /** Advances to a sign of life of the API server. */
  const advance = (at: Seconds): void => {
    if (failing !== undefined) {
      addOutage(seconds(Math.max(0, at - failing.first)));
      reading = seconds(reading + Math.min(DOUBTFUL, Math.max(0, at - failing.last)));
      failing = undefined;
    } else if (at - signAt > SHORTEST_QUIET + NOTICE && at - signAt > quiet() + NOTICE) {
      addOutage(seconds(at - signAt));
      reading = seconds(reading + DOUBTFUL);
    } else reading = seconds(reading + Math.max(0, at - signAt));
    signAt = seconds(Math.max(signAt, at));
  };
  const readingAt = (at: Seconds): Seconds =>
    seconds(failing === undefined ? reading + Math.max(0, at - signAt) : reading);
  const markAt = (at: Seconds): Since => ({ at: readingAt(at), outages: outageCount, spared: false });

  const put = (lease: LeaseFacts, at: Seconds): void => {
    const before = leases.get(lease.name);
    if (before === undefined) leases.set(lease.name, { ...lease, since: markAt(at), isFound: true });
    else if (before.renewTime === lease.renewTime) leases.set(lease.name, { ...before, ...lease });
    else leases.set(lease.name, { ...lease, since: markAt(at), isFound: false });
  };
  const take = (change: LeaseChange, at: Seconds): void => {
    switch (change.kind) {
      case "bookmark":
        return;
      case "deleted":
        if (!leases.delete(change.name)) omitted = Math.max(0, omitted - 1);
        return;
      case "added":
      case "modified": {
        const isKnown = leases.has(change.lease.name);
        const isFull = leases.size >= most;
        if (isKnown || !isFull) put(change.lease, at);
        // The first news of a Lease beyond the limit takes the room that another has left.
        if (change.kind === "modified" && !isKnown && !isFull) omitted = Math.max(0, omitted - 1);
        if (change.kind === "added" && !isKnown && isFull) omitted += 1;
      }
    }
  };
  return {
    listed(list, sentAt, at) {
      advance(sentAt);
      const names = new Set(list.leases.map(({ name }) => name));
      for (const name of leases.keys()) if (!names.has(name)) leases.delete(name);
      for (const lease of list.leases) put(lease, at);
      omitted = list.omitted;
      certainUntil = reading;
      isListed = true;
    },
    changed(change, at) {
      advance(at);
      take(change, at);
    },
    opened: advance,
    failed(at, hung) {
      if (failing === undefined) {
        if (!hung && at > signAt) {
          reading = readingAt(at);
          signAt = at;
        }
        failing = { first: signAt, last: at };
      } else failing = { first: failing.first, last: at };
    },
    leases: () => leases,
    omitted: () => omitted,
    lacks: () => omitted > 0 && leases.size < most,
    mark: () => ({ at: reading, outages: outageCount, spared: false }),
    silence(since, timeout, at) {
      const { from, spared } = startOf(since, timeout, outages);
      return {
        certain: seconds(Math.max(0, certainUntil - from)),
        likely: seconds(Math.max(0, readingAt(at) - from)),
        spared,
      };
    },
    quietAfter: quiet,
    lastSign: () => (isListed && failing === undefined ? signAt : undefined),
  };
}

/**
 * Returns the reading time from which the silence counts. After a long outage the holder has its whole timeout again, once until it
 * renews the Lease, unless that had expired before.
 */
function startOf(
  since: Since,
  timeout: Seconds,
  outages: readonly Outage[],
): { readonly from: Seconds; readonly spared: boolean } {
  if (since.spared) return { from: since.at, spared: true };
  for (const { number, at, length } of outages) {
    if (number < since.outages) continue;
    if (at - since.at >= timeout) break;
    if (length >= LONG_OUTAGE * timeout) return { from: at, spared: true };
  }
  return { from: since.at, spared: false };
}
