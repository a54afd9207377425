import { expect, it } from "vitest";
import { failed, succeeded } from "../../src/core/prober.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { createProbeRates } from "../../src/engine/process-stats.ts";
import { manualClock } from "../helpers/clock.ts";

const result = (ok: boolean, duration: number) => ({
  id: 1,
  startedAt: timestamp(0),
  endedAt: timestamp(0),
  duration: seconds(duration),
  timeout: seconds(5),
  outcome: ok ? succeeded : failed("connect", "as the test says"),
  samples: [],
  log: [],
});

it("rates cover the last five minutes, or the time since the start if that is shorter", () => {
  const clock = manualClock();
  const rates = createProbeRates(clock);
  expect(rates.recent()).toEqual({ probesPerSecond: 0, failuresPerSecond: 0 });
  rates.record(result(true, 1));
  rates.record(result(false, 3));
  // Not two million probes per second, which a division by the elapsed time would make.
  expect(rates.recent()).toEqual({ probesPerSecond: 2, failuresPerSecond: 1, meanDuration: 2 });
  clock.advance(seconds(20));
  expect(rates.recent()).toMatchObject({ probesPerSecond: 0.1, failuresPerSecond: 0.05 });
  clock.advance(seconds(270));
  for (let i = 0; i < 10; i += 1) rates.record(result(true, 1));
  expect(rates.recent().probesPerSecond).toBeCloseTo(12 / 290);
  clock.advance(seconds(10));
  expect(rates.recent()).toMatchObject({ probesPerSecond: 10 / 300, failuresPerSecond: 0, meanDuration: 1 });
  clock.advance(seconds(86_400));
  expect(rates.recent()).toEqual({ probesPerSecond: 0, failuresPerSecond: 0 });
});
