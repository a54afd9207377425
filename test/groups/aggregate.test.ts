import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { UnhealthyWhen } from "../../src/core/group.ts";
import type { TargetStatus } from "../../src/core/status.ts";
import { aggregate, type WeightedStatus } from "../../src/groups/aggregate.ts";

const STATUSES: Readonly<Record<string, TargetStatus>> = {
  h: "healthy",
  d: "degraded",
  u: "unknown",
  x: "unhealthy",
};

/** One letter per member; a capital one is critical. */
const members = (story: string): WeightedStatus[] =>
  story.split("").map((c) => ({
    status: STATUSES[c.toLowerCase()] ?? "unknown",
    critical: c !== c.toLowerCase(),
  }));

const any: UnhealthyWhen = { kind: "count", count: 1 };
const critical: UnhealthyWhen = { kind: "critical" };
const two: UnhealthyWhen = { kind: "count", count: 2 };
const half: UnhealthyWhen = { kind: "ratio", ratio: 0.5 };

describe("aggregate", () => {
  it.each([
    { name: "nothing", story: "", rule: any, status: "unknown" },
    { name: "all healthy", story: "hhh", rule: any, status: "healthy" },
    { name: "one degraded", story: "hhd", rule: any, status: "degraded" },
    { name: "any unhealthy", story: "hhx", rule: any, status: "unhealthy" },
    { name: "any unknown", story: "hhu", rule: any, status: "unknown" },
    { name: "degraded and unknown", story: "hdu", rule: any, status: "unknown" },
    { name: "unhealthy and unknown", story: "ux", rule: any, status: "unhealthy" },
    { name: "all unknown", story: "uuu", rule: any, status: "unknown" },

    { name: "critical unhealthy", story: "hXh", rule: critical, status: "unhealthy" },
    { name: "critical unknown", story: "hUh", rule: critical, status: "unknown" },
    { name: "critical unknown, another degraded", story: "dU", rule: critical, status: "unknown" },
    { name: "critical degraded", story: "hDh", rule: critical, status: "degraded" },
    { name: "non-critical unhealthy", story: "Hxh", rule: critical, status: "degraded" },
    { name: "non-critical unknown", story: "Huh", rule: critical, status: "degraded" },
    { name: "all non-critical unhealthy", story: "Hxx", rule: critical, status: "degraded" },
    { name: "all unhealthy, none critical", story: "xx", rule: critical, status: "unhealthy" },
    { name: "all unknown, none critical", story: "uu", rule: critical, status: "unknown" },

    { name: "one of two that are needed", story: "hhx", rule: two, status: "degraded" },
    { name: "two of two", story: "hxx", rule: two, status: "unhealthy" },
    { name: "one, and one that may be", story: "hxu", rule: two, status: "unknown" },
    { name: "one critical of two needed", story: "hhX", rule: two, status: "unhealthy" },
    { name: "less than half", story: "hhx", rule: half, status: "degraded" },
    { name: "half", story: "hhxx", rule: half, status: "unhealthy" },
    { name: "half that may be", story: "hhux", rule: half, status: "unknown" },
  ])("$name ($story) is $status", ({ story, rule, status }) => {
    expect(aggregate(members(story), rule)).toBe(status);
  });
});

describe("properties of aggregate", () => {
  /** From the best to the worst. */
  const ORDER: readonly TargetStatus[] = ["healthy", "degraded", "unknown", "unhealthy"];
  const member = fc.record({ status: fc.constantFrom(...ORDER), critical: fc.boolean() });
  const group = fc.array(member, { maxLength: 8 });
  const rule: fc.Arbitrary<UnhealthyWhen> = fc.oneof(
    fc.constant(critical),
    fc.integer({ min: 1, max: 9 }).map((count): UnhealthyWhen => ({ kind: "count", count })),
    fc.double({ min: 0.01, max: 1, noNaN: true }).map((ratio): UnhealthyWhen => ({ kind: "ratio", ratio })),
  );

  it("a member that becomes worse never makes its group better", () => {
    fc.assert(
      fc.property(
        fc.array(member, { minLength: 1, maxLength: 8 }),
        rule,
        fc.nat(),
        fc.constantFrom(...ORDER),
        (before, rule, which, status) => {
          const at = which % before.length;
          const after = before.map((one, i) => (i === at ? { ...one, status } : one));
          const worse = ORDER.indexOf(status) >= ORDER.indexOf(before[at]?.status ?? "unknown");
          const [first, second] = [before, after].map((list) => ORDER.indexOf(aggregate(list, rule)));
          if (worse) expect(second).toBeGreaterThanOrEqual(first ?? 0);
          else expect(second).toBeLessThanOrEqual(first ?? 0);
        },
      ),
    );
  });

  it("the order of members does not matter", () => {
    fc.assert(
      fc.property(
        group.chain((list) =>
          fc.tuple(
            fc.constant(list),
            fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
          ),
        ),
        rule,
        ([list, shuffled], rule) => {
          expect(aggregate(shuffled, rule)).toBe(aggregate(list, rule));
        },
      ),
    );
  });

  it("is healthy only when every member is, and never from nothing", () => {
    fc.assert(
      fc.property(group, rule, (list, rule) => {
        const all = list.length > 0 && list.every(({ status }) => status === "healthy");
        expect(aggregate(list, rule) === "healthy").toBe(all);
      }),
    );
  });

  it("a critical member decides: its being unhealthy or unknown is the group's, at least", () => {
    fc.assert(
      fc.property(group, rule, (list, rule) => {
        const criticals = new Set(list.filter((one) => one.critical).map((one) => one.status));
        const least = ORDER.findLast((one) => criticals.has(one));
        const status = aggregate(list, rule);
        expect(least === "unhealthy" ? status === "unhealthy" : true).toBe(true);
        expect(least === "unknown" ? ["unknown", "unhealthy"].includes(status) : true).toBe(true);
      }),
    );
  });
});
