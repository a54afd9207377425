import { expect, test } from "vitest";
import { createMemory } from "../../../src/core/memory.ts";
import { observe, recall } from "../../../src/probers/kubernetes-lease/observation.ts";
import { manualClock } from "../../helpers/clock.ts";

test("however many leases are asked for, a bounded number is remembered: the newest", () => {
  const shelf = createMemory().namespace("leases");
  const clock = manualClock();
  for (let i = 0; i < 1500; i += 1) {
    observe(shelf, `ns/lease-${i}`, { renewTime: "2025-09-15T13:30:00.000000Z" }, clock);
  }
  expect([...shelf.entries()]).toHaveLength(1000);
  expect(recall(shelf, "ns/lease-499", clock)).toBeUndefined();
  expect(recall(shelf, "ns/lease-1499", clock)).toMatchObject({ silence: 0 });
});
