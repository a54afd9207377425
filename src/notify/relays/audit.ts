import type { StateStore } from "../../core/memory.ts";
import { isTimestamp, type Timestamp } from "../../core/units.ts";
import type { DeliveryResult } from "../delivery/outbox.ts";
import { type ItemFacts, type QueuedItem, type ReceiverResponse, readItemFacts } from "../delivery/retry.ts";

/** Numbers of delivery attempts by result, and of alerts that were left out of notifications. */
export type RelayCounts = Readonly<Record<DeliveryResult | "truncated", number>>;

/** A delivery attempt as shown by the API. */
export interface PastDelivery {
  readonly id: string;
  readonly result: DeliveryResult;
  readonly at: Timestamp;
  readonly attempts: number;
  readonly about?: ItemFacts;
  readonly error?: string;
  readonly response?: ReceiverResponse;
}

/** The latest deliveries of a relay and its counts, which survive restarts. */
export interface RelayAudit {
  record(result: DeliveryResult, item: QueuedItem, at: Timestamp): void;
  countTruncated(alerts: number): void;
  counts(): RelayCounts;
  /** Returns the latest deliveries, newest first. */
  recent(): readonly PastDelivery[];
}

/** Most deliveries shown by the API. */
const MAX_RECENT = 50;

const ZEROS: RelayCounts = { delivered: 0, retried: 0, dead: 0, truncated: 0 };

/**
 * Restores the audit of the previous run.
 * @param store used for nothing else
 */
export function createRelayAudit(store: StateStore): RelayAudit {
  let counts = readCounts(store.get("counts"));
  let recent = readRecent(store.get("recent"));
  const count = (kind: keyof RelayCounts, by: number): void => {
    counts = { ...counts, [kind]: counts[kind] + by };
    store.put("counts", counts);
  };
  return {
    record(result, { id, attempts, about, lastError, lastResponse }, at) {
      count(result, 1);
      const failed = result !== "delivered";
      const entry: PastDelivery = {
        id,
        result,
        at,
        attempts,
        ...(about === undefined ? {} : { about }),
        ...(failed && lastError !== undefined ? { error: lastError } : {}),
        ...(failed && lastResponse !== undefined ? { response: lastResponse } : {}),
      };
      recent = [entry, ...recent].slice(0, MAX_RECENT);
      store.put("recent", recent);
    },
    countTruncated: (alerts) => count("truncated", alerts),
    counts: () => counts,
    recent: () => recent,
  };
}

function readCounts(value: unknown): RelayCounts {
  const stored = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const read = (kind: keyof RelayCounts): number => {
    const count = stored[kind];
    return typeof count === "number" && Number.isFinite(count) ? count : ZEROS[kind];
  };
  return {
    delivered: read("delivered"),
    retried: read("retried"),
    dead: read("dead"),
    truncated: read("truncated"),
  };
}

function readRecent(value: unknown): readonly PastDelivery[] {
  const entries: readonly unknown[] = Array.isArray(value) ? value : [];
  return entries.filter(isPastDelivery).slice(0, MAX_RECENT);
}

function isPastDelivery(value: unknown): value is PastDelivery {
  if (typeof value !== "object" || value === null) return false;
  const { id, result, at, attempts, about } = value as Partial<Record<keyof PastDelivery, unknown>>;
  return (
    typeof id === "string" &&
    ["delivered", "retried", "dead"].includes(String(result)) &&
    isTimestamp(at) &&
    Number.isFinite(attempts) &&
    (about === undefined || readItemFacts(about) !== undefined)
  );
}
