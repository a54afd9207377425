import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Alert } from "../../../src/core/alert.ts";
import { createMemory } from "../../../src/core/memory.ts";
import { timestamp } from "../../../src/core/units.ts";
import { classifyAlert, createAlertEpisodes, type Episode } from "../../../src/notify/relays/episodes.ts";

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

describe("the episodes of an alert", () => {
  test("continue when the start moves back, and begin again when it moves forward", () => {
    const first = classifyAlert("r", undefined, alert("firing", 1000), NOW);
    if (first.kind !== "event") throw new Error("no event");
    expect(classifyAlert("r", first.episode, alert("firing", 990), NOW).kind).toBe("known");
    expect(classifyAlert("r", first.episode, alert("firing", 1100), NOW).kind).toBe("event");
    expect(classifyAlert("other", undefined, alert("firing", 1000), NOW)).not.toMatchObject({ id: first.id });
  });

  test("are not ended by a late notification about an earlier episode", () => {
    const later = classifyAlert("r", undefined, alert("firing", 2000), NOW);
    if (later.kind !== "event") throw new Error("no event");
    expect(classifyAlert("r", later.episode, alert("resolved", 1000, 1500), NOW).kind).toBe("known");
    expect(classifyAlert("r", later.episode, alert("resolved", 2000, 2500), NOW)).toMatchObject({
      kind: "event",
      follows: later.id,
    });
  });

  test("never cause an event twice or an end before its start, in any order of notifications", () => {
    const some = fc.array(fc.tuple(fc.constantFrom("firing", "resolved"), fc.integer({ min: 1, max: 5 })), {
      maxLength: 30,
    });
    const property = fc.property(some, (arrivals) => {
      let episode: Episode | undefined;
      const sent: string[] = [];
      for (const [status, start] of arrivals) {
        const found = classifyAlert("r", episode, alert(status, start * 100), NOW);
        if (found.kind === "unmatched") continue;
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

  test("are deleted after a month without a mention, and if malformed", () => {
    const store = createMemory().namespace("episodes");
    const episode = { startsAt: 0, firing: "x", seenAt: 5000 - 31 * 86_400 };
    store.put("old", episode);
    store.put("broken", { firing: 5 });
    store.put("new", { ...episode, seenAt: 4000 });
    const episodes = createAlertEpisodes(store, () => NOW);
    expect([episodes.get("old"), episodes.get("broken")]).toEqual([undefined, undefined]);
    expect(episodes.get("new")).toMatchObject({ firing: "x" });
    expect(Array.from(store.entries(), ([key]) => key)).toEqual(["new"]);
  });
});
