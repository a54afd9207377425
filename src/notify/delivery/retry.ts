import { counted } from "../../core/counted.ts";
import { defined } from "../../core/defined.ts";
import { isObject } from "../../core/json-object.ts";
import type { RetryPolicy } from "../../core/relay.ts";
import { after, elapsed, isTimestamp, type Seconds, seconds, type Timestamp } from "../../core/units.ts";

/** The facts about an item, for people. */
export interface ItemFacts {
  /** Name of the machine, target or group. */
  readonly subject: string;
  /** Type of the event, as in its body. */
  readonly event: string;
  /** Name of the alert that caused it. */
  readonly alert: string;
  /** Fingerprint of that alert. */
  readonly fingerprint: string;
}

/** Response of a receiver that did not accept an item. The excerpt contains no secret. */
export interface ReceiverResponse {
  readonly status: number;
  /** Beginning of the body, on one line. */
  readonly excerpt: string;
}

/** An item to deliver at least once. */
export interface OutboxItem {
  /** Identifies the item to the receiver, which may get it more than once. */
  readonly id: string;
  /** Items with the same key are delivered in order. */
  readonly key: string;
  /** Id of the item that must be delivered first. If that one becomes a dead letter, so does this one. */
  readonly follows?: string;
  readonly body: string;
  readonly contentType: string;
  readonly about?: ItemFacts;
}

/** An item waiting for delivery. */
export interface QueuedItem extends OutboxItem {
  /** Sequence number in the order in which items were added. */
  readonly number: number;
  readonly addedAt: Timestamp;
  readonly attempts: number;
  /** Earliest time of the next attempt. */
  readonly notBefore: Timestamp;
  /** Why the last attempt failed, for people. */
  readonly lastError?: string;
  /** Response to the last attempt, if there was one. */
  readonly lastResponse?: ReceiverResponse;
}

/** An item that will not be retried. */
export interface DeadLetter extends QueuedItem {
  readonly diedAt: Timestamp;
  readonly lastError: string;
}

/** The result of one delivery attempt. `detail` is for people and contains no secret. */
export type AttemptResult =
  | { readonly kind: "delivered" }
  /** A failure that may be temporary. `retryAfter` is the wait that the receiver asked for. */
  | {
      readonly kind: "failed";
      readonly detail: string;
      readonly response?: ReceiverResponse;
      readonly retryAfter?: Seconds;
    }
  /** A permanent failure. */
  | { readonly kind: "refused"; readonly detail: string; readonly response?: ReceiverResponse };

/** The consequence of an attempt for its item. */
export type Disposition =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly item: QueuedItem }
  | { readonly kind: "dead"; readonly item: DeadLetter };

/**
 * Decides whether `item` is done, retried or a dead letter.
 * @param random from 0 to 1; shortens the backoff by up to half, so that items that failed together are not retried together
 */
export function afterAttempt(
  item: QueuedItem,
  attempt: AttemptResult,
  now: Timestamp,
  policy: RetryPolicy,
  random: number,
): Disposition {
  if (attempt.kind === "delivered") return { kind: "delivered" };
  const { lastResponse: _previous, ...rest } = item;
  const tried = {
    ...rest,
    attempts: item.attempts + 1,
    lastError: attempt.detail,
    ...defined({ lastResponse: attempt.response }),
  };
  if (attempt.kind === "refused") return { kind: "dead", item: toDeadLetter(tried, now, attempt.detail) };
  const backoff = Math.min(policy.max, policy.initial * 2 ** item.attempts);
  const notBefore = after(now, seconds(Math.max(backoff * (1 - random / 2), attempt.retryAfter ?? 0)));
  // Give up now if the next attempt would come after `maxAge`.
  if (elapsed(item.addedAt, notBefore) > policy.maxAge) {
    const detail = `given up after ${counted(tried.attempts, "attempt")}: ${attempt.detail}`;
    return { kind: "dead", item: toDeadLetter(tried, now, detail) };
  }
  return { kind: "retry", item: { ...tried, notBefore } };
}

/** Converts an item to a dead letter. */
export const toDeadLetter = (item: QueuedItem, now: Timestamp, lastError: string): DeadLetter => ({
  ...item,
  diedAt: now,
  lastError,
});

/** Parses a persisted item; returns `undefined` if it is malformed. */
export function readQueuedItem(value: unknown): QueuedItem | undefined {
  if (!isObject(value)) return undefined;
  const one: Partial<Record<keyof QueuedItem, unknown>> = value;
  const isValid =
    [one.id, one.key, one.body, one.contentType].every(isText) &&
    [one.number, one.attempts].every((number) => Number.isFinite(number)) &&
    [one.addedAt, one.notBefore].every(isTimestamp) &&
    [one.follows, one.lastError].every((text) => text === undefined || isText(text)) &&
    (one.about === undefined || readItemFacts(one.about) !== undefined) &&
    (one.lastResponse === undefined || isResponse(one.lastResponse));
  return isValid ? (value as unknown as QueuedItem) : undefined;
}

const isText = (value: unknown): value is string => typeof value === "string";

/** Parses persisted facts; returns `undefined` if they are malformed. */
export function readItemFacts(value: unknown): ItemFacts | undefined {
  if (!isObject(value)) return undefined;
  const { subject, event, alert, fingerprint }: Partial<Record<keyof ItemFacts, unknown>> = value;
  return [subject, event, alert, fingerprint].every(isText) ? (value as unknown as ItemFacts) : undefined;
}

function isResponse(value: unknown): boolean {
  const { status, excerpt } = (value ?? {}) as Partial<Record<keyof ReceiverResponse, unknown>>;
  return Number.isFinite(status) && isText(excerpt);
}

/** Parses a persisted dead letter; returns `undefined` if it is malformed. */
export function readDeadLetter(value: unknown): DeadLetter | undefined {
  const item = readQueuedItem(value) as Partial<DeadLetter> | undefined;
  return isTimestamp(item?.diedAt) && isText(item.lastError) ? (item as DeadLetter) : undefined;
}
