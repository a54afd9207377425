import type { Clock } from "../core/clock.ts";
import { FileHangsError, unansweredSince } from "../core/file-errors.ts";
import { type Seconds, seconds, type Timestamp } from "../core/units.ts";

/** Time after which an operation counts as hanging. */
export const HANGS_AFTER = seconds(1);

/** Time after which a file or mount that hangs is tried again; it doubles with each attempt that hangs too. */
const RETRY_AFTER = seconds(10);

/** Longest time between two attempts. */
const LONGEST_RETRY = seconds(3600);

/** An operation in progress. */
export interface Operation {
  /** Monotonic time. */
  readonly begin: Seconds;
  readonly at: Timestamp;
}

/**
 * The operations on one file, or on the files of one mount: how many run at once, and whether it answers. An operation
 * that hangs gives its slot back, and counts as a sign that the lane is dead until another one answers.
 */
export interface Lane {
  /** Returns why nothing should be tried now: `limit` operations hang and none has answered since. */
  refusal(file: string): FileHangsError | undefined;
  /** Waits for a slot. Rejects with the refusal if the lane is or turns out to be dead. */
  enter(file: string): Promise<void>;
  /** Gives the slot back of an operation that did not hang. */
  leave(): void;
  /** Takes an operation for hanging, and gives its slot back. */
  suspect(operation: Operation): void;
  /** Records that an operation has ended, which hung before or did not. */
  answered(hung: boolean): void;
  /** Operations that hang now. */
  hanging(): number;
  isIdle(): boolean;
}

/** The properties of a lane. */
export interface LaneOptions {
  /** The subject of the sentence that it does not answer. */
  readonly what: string;
  /** Most operations at once, not counting those that hang. */
  readonly slots: number;
  /** Operations that hang before the lane counts as dead. */
  readonly limit: number;
  /** Called when the lane dies, and when it answers again. */
  readonly onChange: (text: string) => void;
}

/** Creates a lane without operations. */
export function createLane(clock: Clock, { what, slots, limit, onChange }: LaneOptions): Lane {
  let running = 0;
  let hanging = 0;
  /** Operations that hang and began after the last answer. */
  let suspects = 0;
  let since: Timestamp | undefined;
  let answeredAt = clock.monotonic();
  let wait = RETRY_AFTER;
  let retryAt = answeredAt;
  /** True once the lane was told to be dead, until it answers. */
  let isKnownDead = false;
  /** True while an operation finds out if it still is. */
  let isTrying = false;
  const waiting: { file: string; resolve: () => void; reject: (error: unknown) => void }[] = [];

  const isDead = (): boolean => suspects >= limit;
  const isClosed = (): boolean => isDead() && (isTrying || clock.monotonic() < retryAt);
  const error = (file: string): FileHangsError =>
    new FileHangsError(file, unansweredSince(what, since ?? clock.now()));
  const later = (delay: Seconds): Seconds => seconds(clock.monotonic() + delay);
  const leave = (): void => {
    isTrying = false;
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next.resolve();
  };
  const fill = (): void => {
    while (running < slots && waiting.length > 0) {
      running += 1;
      waiting.shift()?.resolve();
    }
  };
  const die = (): void => {
    isKnownDead = true;
    isTrying = false;
    retryAt = later(wait);
    // An operation may hang for ever although others have answered since, so only time without any makes it short again.
    wait = seconds(Math.min(wait * 2, LONGEST_RETRY));
    onChange(unansweredSince(what, since ?? clock.now()));
    for (const { file, reject } of waiting.splice(0)) reject(error(file));
  };
  return {
    refusal: (file) => (isClosed() ? error(file) : undefined),
    async enter(file) {
      if (isClosed()) throw error(file);
      isTrying = isDead();
      if (running < slots) running += 1;
      else await new Promise<void>((resolve, reject) => waiting.push({ file, resolve, reject }));
    },
    leave,
    suspect({ begin, at }) {
      hanging += 1;
      since ??= at;
      if (begin >= answeredAt) suspects += 1;
      if (isDead() && (isTrying || !isKnownDead)) die();
      // Another operation gets the slot with the next answer, because it would hang too if the lane is dead.
      running -= 1;
    },
    answered(hung) {
      if (isKnownDead) onChange(`${what} answers again`);
      isKnownDead = false;
      isTrying = false;
      if (hung) hanging -= 1;
      suspects = 0;
      answeredAt = clock.monotonic();
      fill();
      if (hanging > 0) return;
      since = undefined;
      wait = RETRY_AFTER;
    },
    hanging: () => hanging,
    isIdle: () => running === 0 && hanging === 0 && suspects === 0 && waiting.length === 0,
  };
}
