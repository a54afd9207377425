import type { RetryPolicy } from "../../core/relay.ts";
import { after, elapsed, type Seconds, seconds, type Timestamp } from "../../core/units.ts";

/** Something that is to reach a receiver, at least once, under an identity by which the receiver knows it again. */
export interface OutboxItem {
  readonly id: string;
  /** Items of one key are delivered in their order. */
  readonly key: string;
  /** The item that must have been delivered before; when that one is given up, so is this one. */
  readonly follows?: string;
  readonly body: string;
  readonly contentType: string;
}

/** An item on its way. */
export interface QueuedItem extends OutboxItem {
  /** Its place among all that were ever added. */
  readonly number: number;
  readonly addedAt: Timestamp;
  readonly attempts: number;
  /** Not tried again before. */
  readonly notBefore: Timestamp;
  /** What came of the last attempt, for people. */
  readonly lastError?: string;
}

/** An item that was given up. */
export interface DeadLetter extends QueuedItem {
  readonly diedAt: Timestamp;
  readonly lastError: string;
}

/** How an attempt ended. `detail` is for people and holds no secret. */
export type Attempt =
  | { readonly kind: "delivered" }
  /** Worth another attempt, not before `retryAfter` where the receiver said so. */
  | { readonly kind: "failed"; readonly detail: string; readonly retryAfter?: Seconds }
  /** Will never be taken. */
  | { readonly kind: "refused"; readonly detail: string };

/** What becomes of an item after an attempt. */
export type AttemptOutcome =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly item: QueuedItem }
  | { readonly kind: "dead"; readonly item: DeadLetter };

/** Longest wait that a receiver may ask for by `Retry-After`. */
export const LONGEST_RETRY_AFTER = seconds(3600);

/** Beyond this many doublings every wait is the longest. */
const MOST_DOUBLINGS = 30;

/**
 * Decides what becomes of `item`.
 * @param random from 0 to 1, so that those who failed together do not come back together: it takes up to half of a wait
 */
export function afterAttempt(
  item: QueuedItem,
  attempt: Attempt,
  now: Timestamp,
  policy: RetryPolicy,
  random: number,
): AttemptOutcome {
  if (attempt.kind === "delivered") return { kind: "delivered" };
  const tried = { ...item, attempts: item.attempts + 1, lastError: attempt.detail };
  if (attempt.kind === "refused") return { kind: "dead", item: died(tried, now, attempt.detail) };
  const backoff = Math.min(policy.max, policy.initial * 2 ** Math.min(item.attempts, MOST_DOUBLINGS));
  const notBefore = after(now, seconds(Math.max(backoff * (1 - random / 2), attempt.retryAfter ?? 0)));
  // An attempt that could only come too late is none.
  if (elapsed(item.addedAt, notBefore) > policy.maxAge) {
    const detail = `given up after ${tried.attempts} attempts: ${attempt.detail}`;
    return { kind: "dead", item: died(tried, now, detail) };
  }
  return { kind: "retry", item: { ...tried, notBefore } };
}

/** `item` given up at `now`. */
export const died = (item: QueuedItem, now: Timestamp, lastError: string): DeadLetter => ({
  ...item,
  diedAt: now,
  lastError,
});

/** An item as it was remembered, or `undefined` when it is none. */
export function readQueued(value: unknown): QueuedItem | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const one = value as Partial<Record<keyof QueuedItem, unknown>>;
  const texts = [one.id, one.key, one.body, one.contentType];
  const numbers = [one.number, one.addedAt, one.attempts, one.notBefore];
  const right =
    texts.every((text) => typeof text === "string") &&
    numbers.every((number) => Number.isFinite(number)) &&
    ["string", "undefined"].includes(typeof one.follows) &&
    ["string", "undefined"].includes(typeof one.lastError);
  return right ? (value as QueuedItem) : undefined;
}

/** The same of one that was given up. */
export function readDead(value: unknown): DeadLetter | undefined {
  const item = readQueued(value) as Partial<DeadLetter> | undefined;
  const right = Number.isFinite(item?.diedAt) && typeof item?.lastError === "string";
  return right ? (item as DeadLetter) : undefined;
}
