import { expect, test } from "vitest";
import { abandonedWork, DeadlineError, untilAborted } from "../../../src/probers/heartbeat-log/problem.ts";

test("an operation that hangs is abandoned at the deadline and can be waited for", async () => {
  const controller = new AbortController();
  const hanging = Promise.withResolvers<string>();
  const waiting = untilAborted(hanging.promise, controller.signal);
  expect(abandonedWork(controller.signal)).toBeUndefined();
  controller.abort();
  await expect(waiting).rejects.toThrow(DeadlineError);
  const abandoned = abandonedWork(controller.signal);
  const first = await Promise.race([
    abandoned,
    new Promise((resolve) => setImmediate(resolve, "still there")),
  ]);
  expect(first).toBe("still there");
  hanging.reject(new Error("too late"));
  await abandoned;
});

test("an operation that ends in time resolves or rejects as usual", async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
  await expect(untilAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
});
