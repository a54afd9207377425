import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createPageSlices, inPieces } from "../../src/metrics/pieces.ts";

const collect = async (pieces: AsyncIterable<string>): Promise<string[]> => {
  const all: string[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
};

/** Keeps the event loop busy for longer than a slice. */
function block(): void {
  const end = performance.now() + 8;
  while (performance.now() < end);
}

it("joins parts to the same pieces each time, none of them empty or much longer than asked", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ maxLength: 5 })),
      fc.integer({ min: 1, max: 20 }),
      async (parts, length) => {
        const pieces = await collect(inPieces(parts, length));
        expect(pieces.join("")).toBe(parts.join(""));
        expect(await collect(inPieces(parts, length))).toEqual(pieces);
        for (const [i, piece] of pieces.entries()) {
          expect(piece.length).toBeLessThan(length + 5);
          expect(piece.length).toBeGreaterThanOrEqual(i < pieces.length - 1 ? length : 1);
        }
      },
    ),
  );
});

it("lets the event loop run after each slice, also while parts have no text", async () => {
  let turns = 0;
  const end = new AbortController();
  const otherWork = (async () => {
    for (; !end.signal.aborted; turns += 1) await turn();
  })();
  function* parts(): Generator<string> {
    for (let i = 0; i < 10; i += 1) {
      block();
      yield i % 2 === 0 ? "" : "text";
    }
  }
  expect(await collect(inPieces(parts()))).toEqual(["text".repeat(5)]);
  end.abort();
  await otherWork;
  expect(turns).toBeGreaterThanOrEqual(10);
});

it("gives each of several long works a turn of its own", async () => {
  let turnNumber = 0;
  const end = new AbortController();
  const count = (async () => {
    for (; !end.signal.aborted; turnNumber += 1) await turn();
  })();
  const seen: number[] = [];
  const work = async (): Promise<void> => {
    const slices = createPageSlices();
    for (let i = 0; i < 5; i += 1) {
      await slices.next();
      seen.push(turnNumber);
    }
  };
  await Promise.all([work(), work(), work()]);
  end.abort();
  await count;
  expect(new Set(seen).size).toBe(15);
});
