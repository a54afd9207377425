import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { createMemory } from "../../src/core/memory.ts";
import { seconds } from "../../src/core/units.ts";
import { startDeadline } from "../../src/engine/deadline.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { createGate } from "../../src/engine/limits.ts";
import { requestFor } from "../../src/engine/probe-request.ts";
import { runProbe } from "../../src/engine/run-probe.ts";
import { openNetwork } from "../../src/probers/network/network.ts";
import { manualClock } from "../helpers/clock.ts";
import { heldProber, moduleOf, type PendingProbe, settle, targetOf } from "../helpers/stand-in-prober.ts";

const timeout = seconds(5);

/** The ways in which a probe ends. */
const ENDS: readonly (readonly [string, (probe: PendingProbe, advance: (by: number) => void) => void])[] = [
  ["succeeds", (probe) => probe.succeed()],
  ["fails", (probe) => probe.fail()],
  ["throws", (probe) => probe.throws(new Error("a bug of the prober"))],
  [
    "stops at its deadline",
    (probe, advance) => {
      advance(5);
      probe.fail();
    },
  ],
  [
    "ignores its deadline",
    (_probe, advance) => {
      advance(5);
      advance(60);
    },
  ],
];

test.each(ENDS)("a probe that %s leaves no timer, no listener and no slot", async (_name, end) => {
  const clock = manualClock();
  const gate = createGate({ maxConcurrentProbes: 2 });
  const shutdown = new AbortController();
  const { prober, started } = heldProber();
  const request = requestFor(targetOf(moduleOf(prober)));
  const signals: AbortSignal[] = [];
  for (let i = 0; i < 20; i += 1) {
    const deadline = startDeadline(clock, timeout);
    signals.push(deadline.signal);
    const run = runProbe(request, deadline, {
      clock,
      memory: createMemory(),
      gate,
      network: openNetwork,
      stagger: () => undefined,
      shutdown: shutdown.signal,
      nextId: () => i,
      skip: () => undefined,
      onBug: () => {},
    });
    await settle();
    const probe = started.at(-1);
    if (probe === undefined) throw new Error("no probe has started");
    end(probe, (by) => clock.advance(seconds(by)));
    await run;
  }
  expect(started).toHaveLength(20);
  expect(clock.timers()).toBe(0);
  expect(getEventListeners(shutdown.signal, "abort")).toEqual([]);
  expect(signals.flatMap((signal) => getEventListeners(signal, "abort"))).toEqual([]);
  expect(gate.counts()).toEqual({ inside: 0, waiting: 0 });
});

test("requests that are answered, late or held up leave no timer", async () => {
  const clock = manualClock();
  const { prober, started } = heldProber();
  const engine = createEngine({
    clock,
    memory: createMemory(),
    limits: { maxConcurrentProbes: 1 },
    network: openNetwork,
    onResult: () => {},
    onBug: () => {},
  });
  const request = requestFor(targetOf(moduleOf(prober)));
  const [patience, answerWithin] = [seconds(2), seconds(3)];
  for (let i = 0; i < 10; i += 1) {
    const late = engine.probe(request, { timeout, patience: seconds(1), answerWithin });
    const answered = engine.probe(request, { timeout, patience, answerWithin });
    await settle();
    clock.advance(seconds(1));
    expect(await late).toMatchObject({ kind: "late" });
    started.at(-1)?.succeed();
    expect(await answered).toMatchObject({ kind: "result" });
  }
  expect(started).toHaveLength(10);
  expect(clock.timers()).toBe(0);
  expect(engine.counts()).toEqual({ inFlight: 0, queued: 0 });
});
