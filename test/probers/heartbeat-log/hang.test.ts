import { expect, test } from "vitest";
import { DeadlineError, untilAborted } from "../../../src/probers/heartbeat-log/problem.ts";

test("an operation that hangs is abandoned at the deadline", async () => {
  const controller = new AbortController();
  const hanging = Promise.withResolvers<string>();
  const waiting = untilAborted(hanging.promise, controller.signal);
  controller.abort();
  await expect(waiting).rejects.toThrow(DeadlineError);
  // What it ends with later is nothing to the probe.
  hanging.reject(new Error("too late"));
  await new Promise((resolve) => setImmediate(resolve));
});

test("an operation that ends in time resolves or rejects as usual", async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
  await expect(untilAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
});
