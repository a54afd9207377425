/** Probes the log in the first argument before and after all file descriptors are used up, and prints the outcomes. */
import { openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { start } from "./probing.ts";

const [file = "", folder = ""] = process.argv.slice(2);
const { probe, dispose } = start({ paths: [folder] });
const { verdict: before } = await probe(file);
// Without its descriptor the exporter has to open the log again.
dispose();
await probe(file);

const exhaust = (): void => {
  try {
    for (;;) openSync("/dev/null", "r");
  } catch {
    // None is left.
  }
};
exhaust();
// Descriptors that the probes have closed are only free when the threads of Node.js get to it.
await Promise.all(Array.from({ length: 16 }, () => stat(file)));
exhaust();
const { result } = await probe(file);
process.stdout.write(`${JSON.stringify({ before, during: result.outcome })}\n`);
