import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { timestamp } from "../../src/core/units.ts";
import { readKnowledge, writeKnowledge } from "../../src/failover/knowledge.ts";
import { type FailoverState, initialState } from "../../src/failover/machine.ts";

const AT = timestamp(1_757_943_000);

const stateWith = (more: Partial<FailoverState>): FailoverState => ({ ...initialState(AT), ...more });

describe("what a leader tells", () => {
  it("is read as it was written, without the number of the last result, which is the writer's own", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: "grapheme" }), { maxLength: 20 }),
        fc.constantFrom("primary", "fallback"),
        fc.nat(),
        (names, mode, streak) => {
          const state = stateWith({ mode, consecutiveFailures: streak, lastResultId: 7, lastProbeAt: AT });
          const { lastResultId: _own, ...told } = state;
          const read = readKnowledge(writeKnowledge(names.map((name) => [name, `of ${name}`, state])));
          expect([...read.keys()].toSorted()).toEqual(names.toSorted());
          for (const name of names)
            expect(read.get(name)).toEqual({ configuration: `of ${name}`, state: told });
        },
      ),
    );
  });

  it("fits into the annotations of an object, and leaves out what says least", () => {
    const targets = Array.from({ length: 5000 }, (_, i) => {
      const more = i % 100 === 0 ? ({ mode: "fallback", health: "unhealthy" } as const) : {};
      return [`target-${i}`, "configuration", stateWith({ health: "healthy", ...more })] as const;
    });
    const text = writeKnowledge(targets);
    expect(Buffer.byteLength(text)).toBeLessThan(129 * 1024);
    const read = readKnowledge(text);
    expect(read.size).toBeGreaterThan(250);
    for (let i = 0; i < 5000; i += 100) expect(read.has(`target-${i}`)).toBe(true);
  });

  it("leaves out healthy targets first, then unhealthy ones, and those in fallback or forced last", () => {
    const long = "x".repeat(30 * 1024);
    const kinds = {
      healthy: { health: "healthy" },
      unhealthy: { health: "unhealthy" },
      forced: { forced: {} },
      fallback: { mode: "fallback" },
      "fallback, unhealthy": { mode: "fallback", health: "unhealthy" },
    } as const;
    const told = Object.entries(kinds).map(([name, more]) => [name, long, stateWith(more)] as const);
    // Four fit, whatever their order.
    for (const order of [told, told.toReversed()]) {
      const names = [...readKnowledge(writeKnowledge(order)).keys()];
      expect(names[0]).toBe("fallback, unhealthy");
      expect(names.slice(1, 3).toSorted()).toEqual(["fallback", "forced"]);
      expect(names.slice(3)).toEqual(["unhealthy"]);
    }
  });

  it("is nothing in another form or version", () => {
    for (const text of [
      undefined,
      "",
      "{",
      "null",
      "[]",
      '{"version":2,"targets":{"a":["c",{}]}}',
      '{"version":1}',
      '{"version":1,"targets":[]}',
      '{"version":1,"targets":{"a":1,"b":[1,2],"c":[]}}',
      `{"version":1,"targets":{"a":["c","${"x".repeat(200_000)}"]}}`,
    ])
      expect([text?.slice(0, 50), readKnowledge(text).size]).toEqual([text?.slice(0, 50), 0]);
  });

  it("may have any text as its state, of which restoring takes nothing", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        for (const { configuration } of readKnowledge(json).values())
          expect(configuration).toBeTypeOf("string");
      }),
    );
  });
});
