import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LONGEST_RETRY_AFTER } from "../../../src/core/retry-after.ts";
import { elapsed, seconds, timestamp } from "../../../src/core/units.ts";
import {
  type AttemptResult,
  afterAttempt,
  type QueuedItem,
  readQueuedItem,
} from "../../../src/notify/delivery/retry.ts";

const POLICY = { initial: seconds(1), max: seconds(60), maxAge: seconds(3600) };
const ADDED = timestamp(1_000_000);
const ITEM: QueuedItem = {
  id: "1",
  key: "a",
  body: "{}",
  contentType: "application/json",
  number: 1,
  addedAt: ADDED,
  attempts: 0,
  notBefore: ADDED,
};

describe("after an attempt", () => {
  test("the wait doubles with each failure, up to the maximum", () => {
    const waits = [0, 1, 2, 3, 5, 6, 50, 2000].map((attempts) => {
      const disposition = afterAttempt(
        { ...ITEM, attempts },
        { kind: "failed", detail: "500" },
        ADDED,
        POLICY,
        0,
      );
      return disposition.kind === "retry" ? elapsed(ADDED, disposition.item.notBefore) : disposition.kind;
    });
    expect(waits).toEqual([1, 2, 4, 8, 32, 60, 60, 60]);
  });

  test("an item that would exceed maxAge becomes a dead letter with the last error", () => {
    const late = timestamp(ADDED + 3599.5);
    const failed: AttemptResult = { kind: "failed", detail: "got 500" };
    expect(afterAttempt({ ...ITEM, attempts: 9 }, failed, late, POLICY, 0)).toMatchObject({
      kind: "dead",
      item: { attempts: 10, lastError: "given up after 10 attempts: got 500", diedAt: late },
    });
  });

  test("the wait respects Retry-After, its cap and maxAge for any input", () => {
    const anAttempt = fc.record({
      attempts: fc.nat({ max: 5000 }),
      age: fc.double({ min: 0, max: 3500, noNaN: true }),
      random: fc.double({ min: 0, max: 1, noNaN: true }),
      retryAfter: fc.double({ min: 0, max: LONGEST_RETRY_AFTER, noNaN: true }),
    });
    const property = fc.property(anAttempt, ({ attempts, age, random, retryAfter }) => {
      const now = timestamp(ADDED + age);
      const attempt: AttemptResult = { kind: "failed", detail: "", retryAfter: seconds(retryAfter) };
      const disposition = afterAttempt({ ...ITEM, attempts }, attempt, now, POLICY, random);
      if (disposition.kind !== "retry")
        return disposition.kind === "dead" && Math.max(retryAfter, 60) > 3600 - age - 1;
      const wait = elapsed(now, disposition.item.notBefore);
      return (
        wait >= retryAfter - 1e-3 &&
        wait >= 0.499 &&
        wait <= Math.max(retryAfter, 60) + 1e-3 &&
        elapsed(ADDED, disposition.item.notBefore) <= POLICY.maxAge
      );
    });
    expect(fc.check(property)).toMatchObject({ failed: false });
  });

  test("a stored item is read back, and malformed values are rejected", () => {
    expect(readQueuedItem(JSON.parse(JSON.stringify(ITEM)))).toEqual(ITEM);
    for (const [key, value] of Object.entries({ id: 1, body: null, attempts: "1", notBefore: null })) {
      expect(readQueuedItem({ ...ITEM, [key]: value })).toBeUndefined();
    }
    expect(readQueuedItem("text")).toBeUndefined();
  });
});
