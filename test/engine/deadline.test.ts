import { describe, expect, it } from "vitest";
import { type Seconds, seconds } from "../../src/core/units.ts";
import { startDeadline } from "../../src/engine/deadline.ts";
import { manualClock } from "../helpers/clock.ts";

/** Starts a deadline after a while, as the clock is no longer at 0 then. */
function setUp(timeout: number) {
  const clock = manualClock();
  clock.advance(seconds(100));
  const deadline = startDeadline(clock, seconds(timeout));
  return { clock, deadline, isOver: () => deadline.signal.aborted };
}

describe("a deadline", () => {
  it.each([0.5, 1, 20])("of %d s is over then, and not before", (timeout) => {
    const { clock, deadline, isOver } = setUp(timeout);
    expect([deadline.timeout(), isOver()]).toEqual([timeout, false]);
    clock.advance(seconds(timeout - 0.25));
    expect(isOver()).toBe(false);
    clock.advance(seconds(0.25));
    expect([isOver(), clock.timers()]).toEqual([true, 0]);
  });

  it.each([0, -1])("of %d s is over at once, without a timer", (timeout) => {
    const { clock, deadline, isOver } = setUp(timeout);
    expect([isOver(), clock.timers()]).toEqual([true, 0]);
    deadline.cancel();
  });

  it.each([
    { what: "a later time moves it", longer: 9, timeout: 9 },
    { what: "an earlier time does not move it", longer: 3, timeout: 5 },
  ])("counts from the request of the probe: $what", ({ longer, timeout }) => {
    const { clock, deadline, isOver } = setUp(5);
    clock.advance(seconds(2));
    deadline.extend(seconds(longer));
    expect([deadline.timeout(), clock.timers()]).toEqual([timeout, 1]);
    clock.advance(seconds(timeout - 2.25));
    expect(isOver()).toBe(false);
    clock.advance(seconds(0.25));
    expect([isOver(), clock.timers()]).toEqual([true, 0]);
  });

  it("that is over stays over, with the timeout that it had", () => {
    const { clock, deadline, isOver } = setUp(5);
    clock.advance(seconds(5));
    deadline.extend(seconds(60));
    expect([deadline.timeout(), isOver(), clock.timers()]).toEqual([5, true, 0]);
  });

  it("whose timer is late ends at once when it is extended to a time that has passed", () => {
    const { clock, deadline, isOver } = setUp(5);
    clock.block(seconds(10));
    deadline.extend(seconds(9));
    clock.advance(seconds(0));
    expect(isOver()).toBe(true);
  });

  it("ends early with the reason of its caller", () => {
    const { deadline } = setUp(5);
    deadline.abort("shutdown");
    expect(deadline.signal.reason).toBe("shutdown");
  });

  it("that is cancelled never ends", () => {
    const { clock, deadline, isOver } = setUp(5);
    deadline.cancel();
    clock.advance(seconds(100));
    expect([isOver(), clock.timers()]).toEqual([false, 0]);
  });

  it("counts by the clock of a probe, which leaves out stalls", () => {
    const clock = manualClock();
    let stalled = 0;
    const ofProbe = { ...clock, monotonic: (): Seconds => seconds(clock.monotonic() - stalled) };
    const deadline = startDeadline({ ...clock, forProbe: () => ofProbe }, seconds(5));
    clock.advance(seconds(3));
    stalled = 2;
    deadline.extend(seconds(6));
    clock.advance(seconds(4.75));
    expect(deadline.signal.aborted).toBe(false);
    clock.advance(seconds(0.25));
    expect(deadline.signal.aborted).toBe(true);
  });
});
