import { expect, test } from "vitest";
import { DeadlineError, leftBehind, untilAborted } from "../../../src/probers/heartbeat-log/problem.ts";

test("what hangs is left behind at the deadline, and is known to be still there", async () => {
  const controller = new AbortController();
  const hanging = Promise.withResolvers<string>();
  const waiting = untilAborted(hanging.promise, controller.signal);
  expect(leftBehind(controller.signal)).toBeUndefined();
  controller.abort();
  await expect(waiting).rejects.toThrow(DeadlineError);
  const left = leftBehind(controller.signal);
  const first = await Promise.race([left, new Promise((resolve) => setImmediate(resolve, "still there"))]);
  expect(first).toBe("still there");
  hanging.reject(new Error("too late"));
  await left;
});

test("what is done in time is handed on, be it good or bad", async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
  await expect(untilAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
});
