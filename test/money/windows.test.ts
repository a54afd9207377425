import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMemory } from "../../src/core/memory.ts";
import type { Period } from "../../src/core/money.ts";
import { timestamp } from "../../src/core/units.ts";
import { createLedger, type Owner } from "../../src/money/ledger.ts";
import { currentWindow, windowEnd, windowStart } from "../../src/money/windows.ts";
import { readBack } from "../helpers/read-back.ts";

const owner: Owner = { kind: "target", name: "gpt" };
const at = (text: string) => timestamp(Date.parse(text) / 1000);
const periods = fc.constantFrom<Period>("hour", "day");
const times = fc.double({ min: 0, max: 4e9, noNaN: true }).map(timestamp);

describe("windows", () => {
  test.each([
    ["hour", "2025-09-15T13:30:00Z", "2025-09-15T13:00:00Z", "2025-09-15T14:00:00Z"],
    ["day", "2025-09-15T13:30:00Z", "2025-09-15T00:00:00Z", "2025-09-16T00:00:00Z"],
    ["day", "2024-02-29T23:59:59Z", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"],
    ["hour", "2025-12-31T23:00:00Z", "2025-12-31T23:00:00Z", "2026-01-01T00:00:00Z"],
  ] as const)("a window is the UTC %s that contains %s", (per, now, start, end) => {
    expect(windowStart(per, at(now))).toBe(at(start));
    expect(windowEnd(per, at(start))).toBe(at(end));
  });

  test("every moment is in exactly one aligned window", () => {
    fc.assert(
      fc.property(periods, times, (per, now) => {
        const start = windowStart(per, now);
        expect(start).toBeLessThanOrEqual(now);
        expect(now).toBeLessThan(windowEnd(per, start));
        expect(start % (per === "hour" ? 3600 : 86_400)).toBe(0);
        expect(windowStart(per, start)).toBe(start);
        expect(windowStart(per, windowEnd(per, start))).toBe(windowEnd(per, start));
      }),
    );
  });

  test("a clock set back by less than a window stays in the previous window; one set back further does not", () => {
    const previous = at("2025-09-15T14:00:00Z");
    expect(currentWindow("hour", at("2025-09-15T13:59:59Z"), previous)).toBe(previous);
    expect(currentWindow("hour", at("2025-09-15T12:59:59Z"), previous)).toBe(at("2025-09-15T12:00:00Z"));
    expect(currentWindow("hour", at("2025-09-15T15:00:00Z"), previous)).toBe(at("2025-09-15T15:00:00Z"));
  });
});

describe("the ledger", () => {
  const amounts = fc.record({ tokens: fc.nat(100_000), dollars: fc.nat(1e9).map((n) => n / 1e9) });

  test("sums up each window, across a restart at any moment", () => {
    const steps = fc.array(fc.tuple(fc.double({ min: 0, max: 5000, noNaN: true }), amounts), {
      minLength: 1,
    });
    fc.assert(
      fc.property(periods, times, steps, fc.nat(), (per, start, steps, restart) => {
        const store = createMemory().namespace("ledger");
        let ledger = createLedger(store);
        let now = start;
        const sums = new Map<number, { tokens: number; nano: bigint }>();
        for (const [i, [passed, amount]] of steps.entries()) {
          if (i === restart % steps.length) {
            ledger = createLedger(readBack(store));
          }
          now = timestamp(now + passed);
          ledger.add(owner, amount, now);
          const window = windowStart(per, now);
          const { tokens, nano } = sums.get(window) ?? { tokens: 0, nano: 0n };
          const sum = {
            tokens: tokens + amount.tokens,
            nano: nano + BigInt(Math.round(amount.dollars * 1e9)),
          };
          sums.set(window, sum);
          const { tokens: counted, dollars, windowStart: counting } = ledger.spent(owner, per, now);
          expect(counting).toBe(window);
          expect(counted).toBe(sum.tokens);
          expect(dollars).toBe(Number(sum.nano) / 1e9);
        }
      }),
    );
  });

  test.each([
    ["a number", 7],
    ["no owner", { per: "hour", windowStart: 0, tokens: 1, dollars: 1 }],
    [
      "an owner of another kind",
      { owner: { kind: "group", name: "gpt" }, per: "hour", windowStart: 0, tokens: 1, dollars: 1 },
    ],
    ["no period", { owner, per: "week", windowStart: 0, tokens: 1, dollars: 1 }],
    ["negative tokens", { owner, per: "hour", windowStart: 0, tokens: -1, dollars: 1 }],
    ["no dollars", { owner, per: "hour", windowStart: 0, tokens: 1, dollars: null }],
  ])("ignores an invalid stored entry: %s", (_title, value) => {
    const store = createMemory().namespace("ledger");
    store.put("hour target gpt", value);
    expect(createLedger(store).spent(owner, "hour", timestamp(0))).toMatchObject({ tokens: 0, dollars: 0 });
  });

  test("separates owners and deletes those that are not retained", () => {
    const store = createMemory().namespace("ledger");
    const ledger = createLedger(store);
    const module: Owner = { kind: "module", name: "gpt" };
    const now = at("2025-09-15T13:30:00Z");
    ledger.add(owner, { tokens: 1, dollars: 0 }, now);
    ledger.add(module, { tokens: 2, dollars: 0 }, now);
    expect(ledger.spent(owner, "day", now).tokens).toBe(1);
    ledger.retain(({ kind }) => kind === "module");
    expect([...store.entries()].map(([key]) => key)).toEqual(["hour module gpt", "day module gpt"]);
    expect(ledger.spent(owner, "day", now).tokens).toBe(0);
    expect(ledger.spent(module, "day", now).tokens).toBe(2);
  });
});
