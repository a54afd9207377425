import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Alert } from "../../../src/core/alert.ts";
import { createMemory } from "../../../src/core/memory.ts";
import { timestamp } from "../../../src/core/units.ts";
import { classifyAlert, createLedger, type Episode } from "../../../src/notify/relays/episodes.ts";

const NOW = timestamp(5000);
const alert = (status: Alert["status"], startsAt: number, endsAt = startsAt + 10): Alert => ({
  status,
  labels: {},
  annotations: {},
  startsAt: timestamp(startsAt),
  startsAtText: new Date(startsAt * 1000).toISOString(),
  endsAtText: new Date(endsAt * 1000).toISOString(),
  generatorUrl: "",
  fingerprint: "ab",
});

describe("the ledger", () => {
  test("takes a start that moves back for the same, and one that moves on for another", () => {
    const first = classifyAlert("r", undefined, alert("firing", 1000), NOW);
    if (first.kind !== "event") throw new Error("no event");
    expect(classifyAlert("r", first.episode, alert("firing", 990), NOW).kind).toBe("known");
    expect(classifyAlert("r", first.episode, alert("firing", 1100), NOW).kind).toBe("event");
    expect(classifyAlert("other", undefined, alert("firing", 1000), NOW)).not.toMatchObject({ id: first.id });
  });

  test("an end that comes late ends nothing that began after it", () => {
    const later = classifyAlert("r", undefined, alert("firing", 2000), NOW);
    if (later.kind !== "event") throw new Error("no event");
    expect(classifyAlert("r", later.episode, alert("resolved", 1000, 1500), NOW).kind).toBe("known");
    expect(classifyAlert("r", later.episode, alert("resolved", 2000, 2500), NOW)).toMatchObject({
      kind: "event",
      follows: later.id,
    });
  });

  test("whatever comes in whatever order: no event twice, no end before its beginning", () => {
    const some = fc.array(fc.tuple(fc.constantFrom("firing", "resolved"), fc.integer({ min: 1, max: 5 })), {
      maxLength: 30,
    });
    const property = fc.property(some, (arrivals) => {
      let episode: Episode | undefined;
      const sent: string[] = [];
      for (const [status, start] of arrivals) {
        const found = classifyAlert("r", episode, alert(status, start * 100), NOW);
        if (found.kind === "unasked") continue;
        episode = found.episode;
        if (found.kind !== "event") continue;
        if (sent.includes(found.id)) return false;
        if (found.follows !== undefined && !sent.includes(found.follows)) return false;
        sent.push(found.id);
      }
      return true;
    });
    expect(fc.check(property)).toMatchObject({ failed: false });
  });

  test("forgets what nobody spoke of for a month, and what it cannot read", () => {
    const shelf = createMemory().namespace("ledger");
    const episode = { startsAt: 0, firing: "x", seenAt: 5000 - 31 * 86_400 };
    shelf.put("old", episode);
    shelf.put("broken", { firing: 5 });
    shelf.put("new", { ...episode, seenAt: 4000 });
    const ledger = createLedger(shelf, () => NOW);
    expect([ledger.get("old"), ledger.get("broken")]).toEqual([undefined, undefined]);
    expect(ledger.get("new")).toMatchObject({ firing: "x" });
    expect(Array.from(shelf.entries(), ([key]) => key)).toEqual(["new"]);
  });
});
