import fc from "fast-check";
import { expect, test } from "vitest";
import { type ByteShare, createByteBudget, FREE_BYTES } from "../../src/core/byte-budget.ts";

const MIB = 2 ** 20;

test("small answers never wait, and are not counted", () => {
  const budget = createByteBudget(MIB);
  const large = budget.open(MIB);
  void large.grow(MIB + FREE_BYTES);
  expect(budget.open(MIB).grow(FREE_BYTES)).toBeUndefined();
  expect(budget.counts()).toEqual({ held: MIB, waiting: 0 });
});

test("a share waits for room, and has it when another one gives it back", async () => {
  const budget = createByteBudget(2 * MIB);
  const [first, second] = [budget.open(MIB), budget.open(MIB)];
  void first.grow(MIB + FREE_BYTES);
  expect(second.grow(MIB / 2 + FREE_BYTES)).toBeUndefined();
  const third = budget.open(MIB);
  const room = third.grow(MIB + FREE_BYTES);
  expect(room).toBeInstanceOf(Promise);
  expect(budget.counts()).toEqual({ held: 1.5 * MIB, waiting: 1 });
  first.release();
  await room;
  expect(budget.counts()).toEqual({ held: 1.5 * MIB, waiting: 0 });
});

test("a larger total admits those that wait, and a share that is released stops waiting", async () => {
  const budget = createByteBudget(MIB);
  void budget.open(MIB).grow(MIB + FREE_BYTES);
  const [gone, waiting] = [budget.open(MIB), budget.open(MIB)];
  void gone.grow(MIB);
  const room = waiting.grow(MIB);
  gone.release();
  expect(budget.counts().waiting).toBe(1);
  budget.setTotal(4 * MIB);
  await room;
  expect(budget.counts().waiting).toBe(0);
});

test("whatever answers of one limit come in whatever order, the total is kept and all of them end", async () => {
  const piece = fc.integer({ min: 1, max: MIB });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(piece, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 12 }),
      fc.scheduler(),
      async (answers, scheduler) => {
        const budget = createByteBudget(4 * MIB);
        const read = async (pieces: readonly number[], share: ByteShare): Promise<void> => {
          let size = 0;
          for (const bytes of pieces) {
            await scheduler.schedule(Promise.resolve());
            const fits = Math.min(bytes, 2 * MIB - size);
            size += fits;
            const room = share.grow(fits);
            expect(budget.counts().held).toBeLessThanOrEqual(4 * MIB);
            if (room !== undefined) await room;
          }
          share.release();
        };
        const all = Promise.all(answers.map((pieces) => read(pieces, budget.open(2 * MIB))));
        await scheduler.waitFor(all);
        expect(budget.counts()).toEqual({ held: 0, waiting: 0 });
      },
    ),
    { numRuns: 300 },
  );
});
