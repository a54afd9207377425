import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { serveHttp, type TestServer } from "../helpers/http-targets.ts";
import { launchBrowser, openTab, takePicture } from "../page/browser.ts";

/** Items in one part of the overview. */
const PART = 100;

let web: TestServer;
let browser: Browser;

beforeAll(async () => {
  web = await serveHttp((_request, response) => void response.end("{}"));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await web?.[Symbol.asyncDispose]();
});

const startFleet = (size: number): Promise<ExporterProcess> => {
  const targets = Array.from(
    { length: size },
    (_, i) =>
      `  - { name: target-${i}, module: m, target: "http://${web.host}/${i}", schedule: interval, interval: 5m, labels: { team: t${i % 40} } }`,
  );
  return startExporter({
    yaml: `modules: { m: { prober: http, timeout: 5s } }\ntargets:\n${targets.join("\n")}\n`,
  });
};

/** The cost of an overview for a browser. */
interface Cost {
  readonly bytes: number;
  readonly elements: number;
  /** Milliseconds from the request to the first paint with content. */
  readonly firstPaint: number;
}

async function costOf(size: number): Promise<Cost> {
  await using exporter = await startFleet(size);
  await using tab = await openTab(browser, exporter.url);
  const { page } = tab;
  // All targets are probed in the first seconds.
  page.setDefaultTimeout(120_000);
  const response = await page.goto("/");
  await page.getByText("Live", { exact: true }).waitFor();
  const cost = {
    bytes: (await response?.body())?.length ?? Number.NaN,
    elements: await page.evaluate(() => document.querySelectorAll("*").length),
    firstPaint: await page.evaluate(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
    ),
  };
  console.log(`overview of ${size} targets:`, cost);
  if (size > PART) {
    await page.getByRole("button", { name: "Show more" }).click();
    // The order changes while targets are probed for the first time, so that the parts overlap.
    await expect.poll(() => page.locator(".item").count()).toBeGreaterThan(1.5 * PART);
    await page.getByLabel("Search").fill(`target-${size - 1}`);
    await expect.poll(() => page.locator(".item").count()).toBe(1);
    await takePicture(page, "fleet-filtered");
  }
  expect(tab.complaints).toEqual([]);
  return cost;
}

test("the overview of 10,000 targets costs a browser no more than that of 200", async () => {
  const small = await costOf(200);
  const large = await costOf(10_000);
  expect(large.bytes).toBeLessThan(small.bytes * 1.2);
  expect(large.elements).toBeLessThan(small.elements * 1.2);
});
