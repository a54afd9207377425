import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Clock, createClock } from "../../src/core/clock.ts";
import { type Seconds, seconds } from "../../src/core/units.ts";
import { manualClock } from "../helpers/clock.ts";

/** The resolution of stops of the process, in a wait of a second. */
const TICK = 0.05;

/** An event loop whose time the test moves. */
function startLoop() {
  const manual = manualClock();
  let idle = 0;
  let polled: (() => void)[] = [];
  const clock: Clock = createClock(
    {
      monotonic: () => manual.monotonic(),
      after: (delay, run) => manual.after(delay, run),
      idle: () => seconds(idle),
      afterPoll: (run) => void polled.push(run),
      onTurn: (run) => void polled.push(run),
    },
    () => manual.now(),
  );
  /** Reads the sockets: `read` sees what has arrived, and then come the callbacks of the turn. */
  const poll = (read: () => void = () => undefined): void => {
    read();
    const due = polled;
    polled = [];
    for (const run of due) run();
  };
  return {
    clock,
    time: () => manual.monotonic(),
    /** Waits for events for so long. */
    run(length: number): void {
      const end = manual.monotonic() + length;
      while (manual.monotonic() < end - 1e-9) {
        const step = seconds(Math.min(0.005, end - manual.monotonic()));
        idle += step;
        manual.advance(step);
        poll();
      }
    },
    /** Works for so long, runs the timers that are due, and then reads. */
    work(length: number, read?: () => void): void {
      manual.block(seconds(length));
      manual.advance(seconds(0));
      poll(read);
    },
    /** Is stopped for so long while it waits for events, and then reads. */
    stop(length: number, read?: () => void): void {
      idle += length;
      manual.block(seconds(length));
      read?.();
      poll();
      manual.advance(seconds(0));
      poll();
    },
  };
}

/** Starts to wait, and returns when the wait ended. */
function wait(loop: ReturnType<typeof startLoop>, delay: Seconds): { endedAt?: Seconds } {
  const waiting: { endedAt?: Seconds } = {};
  loop.clock.timeout(delay, () => {
    waiting.endedAt = loop.time();
  });
  return waiting;
}

const near = (value: number) => expect.closeTo(value, 1);

describe("a wait that ends in a verdict", () => {
  it("ends after its delay in a loop without stalls", () => {
    const loop = startLoop();
    const waiting = wait(loop, seconds(1));
    loop.run(0.98);
    expect(waiting.endedAt).toBeUndefined();
    loop.run(0.1);
    expect(waiting.endedAt).toEqual(near(1));
    expect(loop.clock.stalled()).toBe(0);
  });

  it.each(
    (["work", "stop"] as const).flatMap((kind) => [0, 0.5, 0.95, 0.999].map((at) => [kind, at] as const)),
  )("is extended by a %s that begins after %s s", (kind, at) => {
    const loop = startLoop();
    const waiting = wait(loop, seconds(1));
    loop.run(at);
    loop[kind](60);
    expect(waiting.endedAt).toBeUndefined();
    loop.run(1.2);
    expect(waiting.endedAt).toBeGreaterThanOrEqual(61 - TICK);
    expect(waiting.endedAt).toBeLessThan(61 + 3 * TICK);
    expect(loop.clock.stalled()).toEqual(near(60));
  });

  it("does not end before what arrived in time is read", () => {
    const loop = startLoop();
    let arrivedAt: number | undefined;
    const cancel = loop.clock.timeout(seconds(1), () => expect.unreachable("it was cancelled"));
    loop.run(0.995);
    loop.work(0.012, () => {
      arrivedAt = loop.time();
      cancel();
    });
    expect(arrivedAt).toBeDefined();
    loop.run(2);
  });

  it("ends although the loop is late in every turn", () => {
    const loop = startLoop();
    const waiting = wait(loop, seconds(1));
    for (let i = 0; i < 200; i += 1) loop.work(0.5);
    expect(waiting.endedAt).toBeGreaterThanOrEqual(4);
    expect(waiting.endedAt).toBeLessThanOrEqual(4 + 28 * 0.5);
  });

  it("has its rest after a long stall, also if it is overdue", () => {
    const loop = startLoop();
    const waiting = wait(loop, seconds(1));
    loop.run(0.2);
    for (let i = 0; i < 5; i += 1) loop.work(60);
    loop.run(0.5);
    expect(waiting.endedAt).toBeUndefined();
    loop.run(0.5);
    expect(waiting.endedAt).toBeDefined();
  });

  it("lasts at least as long as the loop ran, and no longer than that and the stalls, wherever they are", () => {
    const step = fc.record({
      run: fc.double({ min: 0, max: 0.4, noNaN: true }),
      stall: fc.double({ min: 0, max: 3, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const loop = startLoop();
        const waiting = wait(loop, seconds(1));
        let [ran, stalled] = [0, 0];
        for (const { run, stall } of steps) {
          const before = loop.time();
          loop.run(run);
          if (waiting.endedAt !== undefined) {
            ran += waiting.endedAt - before;
            break;
          }
          ran += run;
          loop.work(stall);
          stalled += stall;
          if (waiting.endedAt !== undefined) break;
        }
        loop.run(2);
        expect(waiting.endedAt).toBeLessThanOrEqual(1 + stalled + 3 * TICK);
        if (ran < 1 - TICK)
          expect(waiting.endedAt).toBeGreaterThanOrEqual(1 + stalled - (steps.length + 1) * TICK);
      }),
    );
  });
});

describe("the clock of a probe", () => {
  /** Starts a probe, whose deadline makes the stalls be measured. */
  const setUp = () => {
    const loop = startLoop();
    loop.clock.timeout(seconds(1000), () => undefined);
    loop.clock.timeout(seconds(1), () => undefined);
    return { loop, probe: loop.clock.forProbe() };
  };

  it("leaves out a stall between two steps", () => {
    const { loop, probe } = setUp();
    const started = probe.monotonic();
    loop.run(0.1);
    loop.work(5);
    loop.run(0.2);
    expect(probe.monotonic() - started).toEqual(near(0.3));
  });

  it.each(["work", "stop"] as const)("tells that something arrived during a %s, or after it", (kind) => {
    const { loop, probe } = setUp();
    const started = probe.monotonic();
    loop.run(0.1);
    let during = probe.arrival();
    loop[kind](5, () => {
      during = probe.arrival();
    });
    const [earliest, latest] = [during.earliest - started, during.latest - started];
    expect(earliest).toBeGreaterThan(0.09);
    expect(earliest).toBeLessThan(0.11 + TICK);
    expect(latest).toEqual(near(5.1));
    loop.run(0.2);
    const after = probe.arrival();
    expect([after.earliest - started, after.latest - started]).toEqual([near(5.3), near(5.3)]);
  });

  it("leaves out the stall in which an answer came from the steps that follow it", () => {
    const { loop, probe } = setUp();
    const started = probe.monotonic();
    loop.work(5, () => {
      probe.arrival();
      probe.monotonic();
    });
    loop.run(0.2);
    expect(probe.arrival().earliest - started).toEqual(near(0.2));
  });

  it("never goes back", () => {
    const { loop, probe } = setUp();
    let last = probe.monotonic();
    for (let i = 0; i < 200; i += 1) {
      loop.run((i % 3) * 0.004);
      loop.work((i % 7) * 0.003, () => {
        const now = i % 2 === 0 ? probe.monotonic() : probe.arrival().earliest;
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      });
    }
  });

  it("does not leave out ordinary work between two arrivals", () => {
    const { loop, probe } = setUp();
    const started = probe.arrival().earliest;
    for (let i = 0; i < 100; i += 1) {
      loop.work(0.01);
      loop.run(0.005);
    }
    expect(probe.arrival().earliest - started).toEqual(near(1.5));
    expect(loop.clock.stalled()).toBe(0);
  });

  it("measures no stalls while nothing waits", () => {
    const loop = startLoop();
    loop.work(5);
    expect(loop.clock.stalled()).toBe(0);
  });
});
