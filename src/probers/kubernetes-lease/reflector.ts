import type { Clock } from "../../core/clock.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import type { ApiCaller, CallFailure } from "./caller.ts";
import {
  type LeaseCollection,
  type LeaseList,
  listLeases,
  type WatchEnd,
  watchLeases,
} from "./collection.ts";
import { createLeaseSet, type LeaseSet, type Silence, type Since } from "./lease-set.ts";

/** Longest time for a list, and for the acceptance of a watch. */
const CALL_TIMEOUT = seconds(10);

/** Time for which a watch is asked for: between one and two times this long, so that not all of them end together. */
const WATCH_TIME = seconds(300);

/** First and longest pause after a failure; each is twice the last, and up to half longer at random. */
const FIRST_PAUSE = seconds(1);
const LONGEST_PAUSE = seconds(30);

/** A watch that ended before counts as failed: without a pause, one that always ends at once would keep the API server busy. */
const SHORTEST_WATCH = seconds(1);

/** Delay of the watchdog, so that it does not run just before the watch counts as quiet. */
const WATCHDOG_DELAY = seconds(0.1);

/** How a watch ended. */
interface EndedWatch {
  readonly end: WatchEnd | { readonly kind: "interrupted" };
  /** The version after its last event. */
  readonly version: string;
  /** True if it was open for long enough to be no failure. */
  readonly wasOpen: boolean;
}

/** Keeps a set of Leases equal to a collection of the API server: by a list, and from then on by a watch. */
export interface Reflector extends Pick<LeaseSet, "leases" | "omitted" | "mark"> {
  /** Returns how long a Lease has been silent now. */
  silence(since: Since, timeout: Seconds): Silence;
  /**
   * Returns undefined once the set is known to be what the API server has, and the failure if that cannot be found out. The
   * first call starts the list and the watch; another one lists again if the watch is quiet, if a Lease has expired since the
   * last list, if the kubeconfig has changed, or if the last call failed.
   * @param hasExpired returns true if a Lease has expired unless the watch has missed its renewal
   */
  confirm(hasExpired: () => boolean, signal: AbortSignal): Promise<CallFailure | undefined>;
  /** Ends the watch and all calls. */
  close(): void;
}

/** The parts of a reflector. */
export interface ReflectorOptions {
  readonly caller: ApiCaller;
  readonly collection: LeaseCollection;
  /** Most Leases that it holds. */
  readonly most: number;
  readonly clock: Clock;
  /** Returns the timeouts that apply instead of those of the Leases. */
  readonly timeouts: () => Iterable<Seconds>;
  readonly random?: () => number;
}

/** Creates a reflector, which sends nothing before the first `confirm`. */
export function createReflector(options: ReflectorOptions): Reflector {
  const { caller, collection, most, clock, timeouts, random = Math.random } = options;
  const set = createLeaseSet(most, clock.monotonic(), timeouts);
  const ended = new AbortController();
  let isStarted = false;
  let failure: CallFailure | undefined;
  let failedAt: Seconds | undefined;
  let failures = 0;
  /** True if the last watch was refused or failed, so that a list alone is no success. */
  let isWatchFailing = false;
  /** The generation of the kubeconfig with which the last list was sent. */
  let generation: number | undefined;
  /** Ends the pause or the watch that runs, so that a list follows. */
  let interrupt: () => void = () => {};
  let waiters: ((result: CallFailure | undefined) => void)[] = [];

  const settle = (result: CallFailure | undefined): void => {
    const settled = waiters;
    waiters = [];
    for (const resolve of settled) resolve(result);
  };
  const succeed = (): void => {
    failure = undefined;
    settle(undefined);
  };
  const fail = (reason: CallFailure): void => {
    failure = reason;
    failedAt = clock.monotonic();
    failures += 1;
    set.failed(failedAt, reason.reason === "timeout");
    settle(reason);
  };
  const pause = async (): Promise<void> => {
    const length = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures - 1, 10));
    await new Promise<void>((resolve) => {
      const cancel = clock.after(seconds(length * (1 + random() / 2)), resolve);
      interrupt = () => {
        cancel();
        resolve();
      };
    });
    interrupt = () => {};
  };

  const list = async (): Promise<LeaseList | CallFailure> => {
    const call = linked(ended.signal);
    const cancel = clock.timeout(CALL_TIMEOUT, () => call.abort());
    const sentAt = clock.monotonic();
    generation = await caller.generation();
    const answer = await listLeases(caller, collection, most, call.signal);
    cancel();
    call.release();
    if (ended.signal.aborted) return answer;
    if (answer.kind === "failed") fail(answer);
    else {
      set.listed(answer, sentAt, clock.monotonic());
      if (!isWatchFailing) succeed();
    }
    return answer;
  };

  /** Watches from `version` on. Ends with the watch, or once a list is needed. */
  const watch = async (version: string): Promise<EndedWatch> => {
    const call = linked(ended.signal);
    let isInterrupted = false;
    let current = version;
    let openedAt: Seconds | undefined;
    const arm = (): void => {
      interrupt = () => {
        isInterrupted = true;
        call.abort();
      };
    };
    // After one that failed, probes wait for whether this one does.
    if (!isWatchFailing) arm();
    let cancelTimer = clock.timeout(CALL_TIMEOUT, () => call.abort());
    /** Cuts a watch that shows no sign of life: its connection may be dead. */
    const watchdog = (): void => {
      const left = (set.lastSign() ?? 0) + set.quietAfter() - clock.monotonic();
      if (left <= 0) interrupt();
      else cancelTimer = clock.after(seconds(left + WATCHDOG_DELAY), watchdog);
    };
    const end = await watchLeases(
      caller,
      collection,
      {
        version,
        lasting: seconds(WATCH_TIME * (1 + random())),
        onOpen() {
          cancelTimer();
          openedAt = clock.monotonic();
          set.opened(openedAt);
          isWatchFailing = false;
          arm();
          succeed();
          watchdog();
        },
        onChange(change) {
          current = change.version;
          set.changed(change, clock.monotonic());
        },
      },
      call.signal,
    );
    cancelTimer();
    call.release();
    interrupt = () => {};
    const wasOpen = openedAt !== undefined && clock.monotonic() - openedAt >= SHORTEST_WATCH;
    return { end: isInterrupted ? { kind: "interrupted" } : end, version: current, wasOpen };
  };

  /** Watches until a list is needed. */
  const watchOn = async (from: string): Promise<void> => {
    let version = from;
    for (;;) {
      const { end, version: next, wasOpen } = await watch(version);
      if (ended.signal.aborted) return;
      version = next;
      if (wasOpen) failures = 0;
      if (end.kind === "interrupted") return;
      if (end.kind === "failed") {
        isWatchFailing = true;
        fail(end);
      } else if (!wasOpen) failures += 1;
      if (end.kind === "failed" || !wasOpen) await pause();
      if (end.kind !== "closed" || waiters.length > 0 || set.lacks()) return;
    }
  };

  const run = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const answer = await list();
      if (ended.signal.aborted) return;
      if (answer.kind === "failed") await pause();
      else await watchOn(answer.version);
    }
  };

  const isDue = async (hasExpired: () => boolean): Promise<boolean> => {
    const lastSign = set.lastSign();
    if (lastSign === undefined || isWatchFailing) return true;
    if (clock.monotonic() - lastSign > set.quietAfter() || hasExpired()) return true;
    return generation !== (await caller.generation());
  };

  return {
    leases: set.leases,
    omitted: set.omitted,
    mark: set.mark,
    silence: (since, timeout) => set.silence(since, timeout, clock.monotonic()),
    async confirm(hasExpired, signal) {
      if (isStarted && !(await isDue(hasExpired))) return undefined;
      // The API server is not called more often than a pause allows, however many targets ask.
      if (failure !== undefined && clock.monotonic() - (failedAt ?? 0) < FIRST_PAUSE) return failure;
      if (ended.signal.aborted) return CLOSED;
      const result = new Promise<CallFailure | undefined>((resolve) => {
        waiters.push(resolve);
        const abort = (): void => resolve({ ...TOO_LATE, ...failure });
        if (signal.aborted) abort();
        else signal.addEventListener("abort", abort, { once: true });
      });
      if (isStarted) interrupt();
      else {
        isStarted = true;
        void run();
      }
      return result;
    },
    close() {
      ended.abort();
      interrupt();
      settle(CLOSED);
    },
  };
}

const TOO_LATE: CallFailure = {
  kind: "failed",
  reason: "timeout",
  detail: "the API server did not answer in time",
};

const CLOSED: CallFailure = {
  kind: "failed",
  reason: "network",
  detail: "the module of this probe is no longer in use",
};

/** Returns a controller that also aborts with `parent`, until it is released. */
function linked(parent: AbortSignal): AbortController & { release(): void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (parent.aborted) abort();
  parent.addEventListener("abort", abort, { once: true });
  return Object.assign(controller, { release: () => parent.removeEventListener("abort", abort) });
}
