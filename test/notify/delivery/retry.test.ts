import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LONGEST_RETRY_AFTER } from "../../../src/core/retry-after.ts";
import { elapsed, seconds, timestamp } from "../../../src/core/units.ts";
import {
  type AttemptResult,
  afterAttempt,
  type DeadLetter,
  type QueuedItem,
  readDeadLetter,
  readItemFacts,
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

  test.each([
    { random: 0, initial: 1, attempts: 3, wait: 8 },
    { random: 0.5, initial: 1, attempts: 3, wait: 6 },
    { random: 1, initial: 1, attempts: 3, wait: 4 },
    { random: 1, initial: 1, attempts: 9, wait: 30 },
    { random: 0, initial: 0.25, attempts: 0, wait: 0.25 },
    { random: 0, initial: 0.25, attempts: 1, wait: 0.5 },
  ])(
    "the wait is shortened by up to half: $wait s after $attempts failures",
    ({ random, initial, attempts, wait }) => {
      const policy = { ...POLICY, initial: seconds(initial) };
      const failed: AttemptResult = { kind: "failed", detail: "500" };
      expect(afterAttempt({ ...ITEM, attempts }, failed, ADDED, policy, random)).toEqual({
        kind: "retry",
        item: { ...ITEM, attempts: attempts + 1, notBefore: ADDED + wait, lastError: "500" },
      });
    },
  );

  test("an item that would exceed maxAge becomes a dead letter with the last error", () => {
    const failed: AttemptResult = { kind: "failed", detail: "got 500" };
    const after = (now: number) => afterAttempt({ ...ITEM, attempts: 9 }, failed, timestamp(now), POLICY, 0);
    // The next attempt would be after a minute: at exactly maxAge, and later.
    expect(after(ADDED + 3540)).toMatchObject({
      kind: "retry",
      item: { attempts: 10, notBefore: ADDED + 3600 },
    });
    expect(after(ADDED + 3540.5)).toEqual({
      kind: "dead",
      item: {
        ...ITEM,
        attempts: 10,
        lastError: "given up after 10 attempts: got 500",
        diedAt: ADDED + 3540.5,
      },
    });
  });

  test("an item is done once delivered, and a dead letter at once if it was refused", () => {
    const after = (attempt: AttemptResult) => afterAttempt(ITEM, attempt, ADDED, POLICY, 0);
    const response = { status: 410, excerpt: "gone" };
    expect(after({ kind: "delivered" })).toEqual({ kind: "delivered" });
    expect(after({ kind: "refused", detail: "got 410", response })).toEqual({
      kind: "dead",
      item: { ...ITEM, attempts: 1, lastError: "got 410", lastResponse: response, diedAt: ADDED },
    });
  });

  test("only the last response is kept", () => {
    const item = { ...ITEM, lastResponse: { status: 500, excerpt: "oops" } };
    const after = afterAttempt(item, { kind: "failed", detail: "no response" }, ADDED, POLICY, 0);
    expect(after).not.toHaveProperty("item.lastResponse");
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
});

describe("what is stored", () => {
  const about = { subject: "web", event: "offline", alert: "Down", fingerprint: "0123" };
  const letter: DeadLetter = {
    ...ITEM,
    attempts: 2,
    follows: "0",
    about,
    lastError: "got 500",
    lastResponse: { status: 500, excerpt: "oops" },
    diedAt: ADDED,
  };

  test("is read back", () => {
    const { diedAt: _diedAt, ...item } = letter;
    for (const one of [ITEM, item]) expect(readQueuedItem(one)).toEqual(one);
    expect(readDeadLetter(letter)).toEqual(letter);
    expect(readItemFacts(about)).toEqual(about);
  });

  const malformed = {
    id: [1, undefined],
    key: [null],
    body: [{}],
    contentType: [undefined],
    number: ["1", undefined, Number.NaN],
    attempts: [null],
    addedAt: ["today", 1e15],
    notBefore: [null, undefined],
    follows: [1, null],
    lastError: [{}, null],
    about: [null, "web", [], {}, ...Object.keys(about).map((key) => ({ ...about, [key]: 1 }))],
    lastResponse: [null, "oops", { status: 500 }, { excerpt: "oops" }, { status: "500", excerpt: "oops" }],
  };
  test.each(
    Object.entries(malformed).flatMap(([key, values]) => values.map((value) => [key, value] as const)),
  )("is not read with the %s %j", (key, value) => {
    expect(readQueuedItem({ ...letter, [key]: value })).toBeUndefined();
    expect(readDeadLetter({ ...letter, [key]: value })).toBeUndefined();
  });

  test.each([undefined, null, 1, "text", [ITEM]])("is not read if it is %j", (value) => {
    expect([readQueuedItem(value), readDeadLetter(value), readItemFacts(value)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("is no dead letter without a time and an error", () => {
    expect(readDeadLetter(ITEM)).toBeUndefined();
    expect(readDeadLetter({ ...ITEM, diedAt: ADDED })).toBeUndefined();
    expect(readDeadLetter({ ...ITEM, lastError: "got 500" })).toBeUndefined();
    expect(readDeadLetter({ ...letter, diedAt: "today" })).toBeUndefined();
  });
});
