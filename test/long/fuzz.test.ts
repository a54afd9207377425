import { expect, test } from "vitest";
import { fuzz } from "../fuzz/fuzz.ts";

/** How long to look for faults, in seconds. An hour is `FUZZ_SECONDS=3600`, and a seed that has found one `FUZZ_SEED`. */
const SECONDS = Number(process.env["FUZZ_SECONDS"] ?? 60);
const SEED = process.env["FUZZ_SEED"];

test(
  "no request and no answer of a target causes an error of the exporter, whatever the seed",
  async () => {
    expect(await fuzz(SECONDS, SEED === undefined ? undefined : Number(SEED))).toBeGreaterThan(SECONDS * 20);
  },
  2 * SECONDS * 1000 + 300_000,
);
