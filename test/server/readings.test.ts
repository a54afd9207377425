import { expect, test } from "vitest";
import { type Seconds, seconds } from "../../src/core/units.ts";
import { createReadings } from "../../src/server/readings.ts";
import type { MetricsText, ScrapeReading, Section } from "../../src/server/route-context.ts";
import { manualClock } from "../helpers/clock.ts";

/** Metrics whose readings end when the test says so, by what they were asked for. */
function heldMetrics() {
  const begun: { readonly asked: string; readonly end: PromiseWithResolvers<ScrapeReading> }[] = [];
  const metrics: MetricsText = {
    result: () => "",
    read(sections: ReadonlySet<Section>, timeout: Seconds) {
      const end = Promise.withResolvers<ScrapeReading>();
      begun.push({ asked: `${[...sections].join()} ${timeout}`, end });
      return end.promise;
    },
  };
  return { metrics, begun };
}

const reading: ScrapeReading = { basis: [], page: () => Promise.reject(new Error("not rendered here")) };
const all = new Set<Section>(["exporter", "targets"]);

test("scrapes that come at once share one reading if they want the same", async () => {
  const { metrics, begun } = heldMetrics();
  const readings = createReadings(manualClock(), metrics);
  const asked = Array.from({ length: 50 }, () => readings.read(new Set(all), seconds(10)));
  const others = [readings.read(all, seconds(5)), readings.read(new Set<Section>(["targets"]), seconds(10))];
  expect(begun.map((one) => one.asked)).toEqual(["exporter,targets 10", "exporter,targets 5", "targets 10"]);
  for (const { end } of begun) end.resolve(reading);
  expect(await Promise.all([...asked, ...others])).toEqual(Array.from({ length: 52 }, () => reading));
});

test("a scrape has a reading of its own once another one has ended, has failed, or began a tenth of a second ago", async () => {
  const { metrics, begun } = heldMetrics();
  const clock = manualClock();
  const readings = createReadings(clock, metrics);
  const first = readings.read(all, seconds(10));
  begun[0]?.end.resolve(reading);
  await first;
  const second = readings.read(all, seconds(10));
  begun[1]?.end.reject(new Error("a bug"));
  await expect(second).rejects.toThrow("a bug");
  void readings.read(all, seconds(10));
  clock.advance(seconds(0.11));
  void readings.read(all, seconds(10));
  expect(begun).toHaveLength(4);
});
