import fc from "fast-check";
import { expect, test } from "vitest";
import { shardOf } from "../../src/core/shard.ts";

// Computed by an implementation of the published algorithms in another language.
test.each([
  ["gpt", [0, 1, 1, 1, 1, 23]],
  ["interpreter", [0, 0, 0, 0, 9, 65]],
  ["production-server", [0, 1, 1, 1, 7, 55]],
  ["bücher", [0, 1, 2, 2, 8, 23]],
  ["web-1", [0, 0, 2, 2, 7, 49]],
])("%s belongs to the published shards", (name, owners) => {
  expect([1, 2, 3, 4, 10, 100].map((total) => shardOf(name, total))).toEqual(owners);
});

test("a further shard takes names from all others, and none move between those", () => {
  const property = fc.property(fc.string(), fc.integer({ min: 1, max: 200 }), (name, total) => {
    const [before, after] = [shardOf(name, total), shardOf(name, total + 1)];
    expect(after === before || after === total).toBe(true);
  });
  fc.assert(property);
});

test("names are spread evenly", () => {
  const counts = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 10_000; i += 1) {
    const owner = shardOf(`machine-${i}`, 10);
    counts[owner] = (counts[owner] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(900);
  expect(Math.max(...counts)).toBeLessThan(1100);
});
