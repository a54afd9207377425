import { describe, expect, it } from "vitest";
import type { EventFacts } from "../../src/core/history.ts";
import { createMemory } from "../../src/core/memory.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { createConditions } from "../../src/events/conditions.ts";

const DAY = 86_400;
const WARNING = seconds(14 * DAY);

function startConditions(memory = createMemory()) {
  const recorded: EventFacts[] = [];
  const world = { now: 0 };
  const conditions = createConditions({
    now: () => timestamp(world.now),
    store: memory.namespace("conditions"),
    record: (event) => void recorded.push(event),
  });
  return { conditions, recorded, world, memory };
}

const changes = (recorded: readonly EventFacts[]): readonly string[] =>
  recorded.map(({ kind, subject, from, to }) => `${kind} ${subject}: ${from} -> ${to}`);

describe("the certificate of a target", () => {
  it("is told when it expires soon, when it has expired, and when it is renewed, each once", () => {
    const { conditions, recorded, world } = startConditions();
    const expiry = timestamp(20 * DAY);
    for (let hour = 0; hour < 24 * 25; hour++) {
      world.now = hour * 3600;
      conditions.certificate("shop", expiry, WARNING);
    }
    conditions.certificate("shop", timestamp(100 * DAY), WARNING);
    expect(changes(recorded)).toEqual([
      "certificate shop: valid -> expiring",
      "certificate shop: expiring -> expired",
      "certificate shop: expired -> valid",
    ]);
    expect(recorded.map(({ at }) => at)).toEqual([6 * DAY + 3600, 20 * DAY, (24 * 25 - 1) * 3600]);
    expect(recorded[0]).toMatchObject({ detail: "expires 1970-01-21T00:00:00Z", until: expiry });
  });

  it("is told as early as the threshold of its target says, also when that changes", () => {
    const { conditions, recorded } = startConditions();
    const expiry = timestamp(20 * DAY);
    for (const days of [14, 21, 14]) conditions.certificate("shop", expiry, seconds(days * DAY));
    expect(changes(recorded)).toEqual([
      "certificate shop: valid -> expiring",
      "certificate shop: expiring -> valid",
    ]);
  });

  it("is told once across restarts, and again after it was not configured", () => {
    const first = startConditions();
    first.conditions.certificate("shop", timestamp(DAY), WARNING);
    const second = startConditions(first.memory);
    second.conditions.certificate("shop", timestamp(DAY), WARNING);
    expect(second.recorded).toEqual([]);
    second.conditions.retain(new Set(["other"]));
    second.conditions.certificate("shop", timestamp(DAY), WARNING);
    expect(changes(second.recorded)).toEqual(["certificate shop: valid -> expiring"]);
  });
});

describe("the budget of a target", () => {
  it("is told when it is exhausted, and when it is not", () => {
    const { conditions, recorded } = startConditions();
    const skip = { detail: "the budget of target gpt is exhausted", until: timestamp(DAY) };
    for (const exhausted of [undefined, skip, skip, undefined, undefined])
      conditions.budget("gpt", exhausted);
    expect(changes(recorded)).toEqual([
      "budget gpt: available -> exhausted",
      "budget gpt: exhausted -> available",
    ]);
    expect(recorded[0]).toMatchObject(skip);
  });
});
