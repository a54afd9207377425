import { describe, expect, test } from "vitest";
import { lateCallback } from "../../src/app/late-callback.ts";

describe("a late callback", () => {
  test("calls what was set, with all arguments", () => {
    const late = lateCallback<[name: string, count: number]>("onEvent");
    const { call } = late;
    const calls: unknown[] = [];
    late.set((...args) => calls.push(args));
    call("a", 1);
    expect(calls).toEqual([["a", 1]]);
  });

  test("throws before it is set", () => {
    const late = lateCallback<[]>("onEvent");
    expect(() => late.call()).toThrow("onEvent: called before it was set");
  });
});
