/** Probes the log in the first argument before and after all file descriptors are used up, and prints the outcomes. */
import { openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { start } from "./probing.ts";

const [file = "", folder = ""] = process.argv.slice(2);
const { probe, dispose } = start({ paths: [folder] });
const { verdict: before } = await probe(file);
// Without its descriptor the exporter has to open the log again.
dispose();
await probe(file);

/** Opens files until no descriptor is left. Returns how many there were. */
const exhaust = (): number => {
  for (let opened = 0; ; opened += 1) {
    try {
      openSync("/dev/null", "r");
    } catch {
      return opened;
    }
  }
};
// Descriptors that the probes have closed are only free when the threads of Node.js get to it.
for (let none = 0; none < 5; none = exhaust() === 0 ? none + 1 : 0) {
  await Promise.all(Array.from({ length: 64 }, () => stat(file)));
  await pause(20);
}
const { result } = await probe(file);
process.stdout.write(`${JSON.stringify({ before, during: result.outcome })}\n`);
