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

/** Returns a member per letter; a capital letter is a critical member. */
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
    { name: "no members", story: "", rule: any, status: "unknown" },
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

    { name: "one unhealthy of two required", story: "hhx", rule: two, status: "degraded" },
    { name: "two unhealthy of two required", story: "hxx", rule: two, status: "unhealthy" },
    { name: "one unhealthy and one unknown of two required", story: "hxu", rule: two, status: "unknown" },
    { name: "one critical unhealthy of two required", story: "hhX", rule: two, status: "unhealthy" },
    { name: "less than half unhealthy", story: "hhx", rule: half, status: "degraded" },
    { name: "half unhealthy", story: "hhxx", rule: half, status: "unhealthy" },
    { name: "half unhealthy or unknown", story: "hhux", rule: half, status: "unknown" },
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

  it("never improves when a member gets worse", () => {
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

  it("does not depend on the order of members", () => {
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

  it("is healthy only if there are members and all are healthy", () => {
    fc.assert(
      fc.property(group, rule, (list, rule) => {
        const all = list.length > 0 && list.every(({ status }) => status === "healthy");
        expect(aggregate(list, rule) === "healthy").toBe(all);
      }),
    );
  });

  it("is at least as bad as an unhealthy or unknown critical member", () => {
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
