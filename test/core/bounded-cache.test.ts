import { expect, test } from "vitest";
import { createBoundedCache } from "../../src/core/bounded-cache.ts";

test("a cache computes each value once while it has room, and starts again when it is full", () => {
  const computed: string[] = [];
  const cache = createBoundedCache<string | undefined>(2);
  const get = (key: string): string | undefined =>
    cache.get(key, () => {
      computed.push(key);
      return key === "nothing" ? undefined : key.toUpperCase();
    });
  expect([get("a"), get("nothing"), get("a"), get("nothing")]).toEqual(["A", undefined, "A", undefined]);
  expect(computed).toEqual(["a", "nothing"]);
  get("c");
  get("c");
  get("a");
  expect(computed).toEqual(["a", "nothing", "c", "a"]);
  get("nothing");
  expect(computed).toEqual(["a", "nothing", "c", "a", "nothing"]);
});
