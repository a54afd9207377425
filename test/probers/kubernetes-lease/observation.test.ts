import { expect, test } from "vitest";
import { createMemory } from "../../../src/core/memory.ts";
import { observe, recall } from "../../../src/probers/kubernetes-lease/observation.ts";
import { manualClock } from "../../helpers/clock.ts";

test("remembers the newest 1000 leases", () => {
  const memory = createMemory().namespace("leases");
  const clock = manualClock();
  for (let i = 0; i < 1500; i += 1) {
    observe(memory, `ns/lease-${i}`, { renewTime: "2025-09-15T13:30:00.000000Z" }, clock);
  }
  expect([...memory.entries()]).toHaveLength(1000);
  expect(recall(memory, "ns/lease-499", clock)).toBeUndefined();
  expect(recall(memory, "ns/lease-1499", clock)).toMatchObject({ silence: 0 });
});
