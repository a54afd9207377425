import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seconds } from "../../src/core/units.ts";
import type { Overview } from "../../src/page/model/overview.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { serveHttp, type TestServer } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";
import { launchBrowser, openTab, PATIENT, takePicture } from "../page/browser.ts";

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
  await waitUntil(
    "every target has been probed",
    async () =>
      ((await exporter.json("/api/v1/overview?limit=1")) as unknown as Overview).counts.unknown === 0
        ? true
        : undefined,
    seconds(180),
  );
  await using tab = await openTab(browser, exporter.url);
  const { page } = tab;
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
    await expect.poll(() => page.locator(".item").count(), PATIENT).toBe(2 * PART);
    await page.getByLabel("Search").fill(`target-${size - 1}`);
    await expect.poll(() => page.locator(".item").count(), PATIENT).toBe(1);
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
