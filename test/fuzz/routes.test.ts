import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";

/** How long to look for faults; test/long/fuzz.test.ts does it for a minute. */
const SECONDS = Number(process.env["FUZZ_SECONDS"] ?? 5);

test("no request and no answer of a target causes an error of the exporter", async () => {
  // The same requests in each run, so that a failure is that of a change.
  expect(await fuzz(SECONDS, 23)).toBeGreaterThan(100);
});
