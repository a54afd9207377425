import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createTaskQueue } from "../../../src/notify/actions/task-queue.ts";

/** Adds tasks that start and end under the control of the test. */
function setup(concurrency: number) {
  const queue = createTaskQueue(concurrency);
  const started: string[] = [];
  const ends = new Map<string, (followUp?: () => Promise<void>) => void>();
  return {
    queue,
    started,
    add: (name: string): void => {
      const { promise, resolve } = Promise.withResolvers<(() => Promise<void>) | undefined>();
      ends.set(name, resolve);
      queue.add(() => {
        started.push(name);
        return promise;
      });
    },
    end: async (name: string, followUp?: () => Promise<void>): Promise<void> => {
      ends.get(name)?.(followUp);
      await nextTurn();
    },
  };
}

test("tasks start in order, a limited number at the same time", async () => {
  const { add, end, started } = setup(2);
  for (const name of ["a", "b", "c", "d"]) add(name);
  expect(started).toEqual(["a", "b"]);
  await end("b");
  expect(started).toEqual(["a", "b", "c"]);
  await end("a");
  expect(started).toEqual(["a", "b", "c", "d"]);
});

test("a follow-up does not occupy a slot", async () => {
  const { add, end, started } = setup(1);
  const followUp = Promise.withResolvers<void>();
  add("a");
  add("b");
  await end("a", () => followUp.promise);
  expect(started).toEqual(["a", "b"]);
});

test("after a stop no task starts, and the stop waits for tasks and their follow-ups", async () => {
  const { add, end, queue, started } = setup(1);
  const followUp = Promise.withResolvers<void>();
  add("a");
  add("b");
  const stop = queue.stop();
  await end("a", () => followUp.promise);
  expect(await Promise.race([stop.then(() => "stopped"), nextTurn("waiting")])).toBe("waiting");
  followUp.resolve();
  await stop;
  expect(started).toEqual(["a"]);
});
