/** Probes the log in the first argument before and after all file descriptors are used up, and prints the outcomes. */
import { openSync } from "node:fs";
import { start } from "./probing.ts";

const [file = "", folder = ""] = process.argv.slice(2);
const { probe, dispose } = start({ paths: [folder] });
const { verdict: before } = await probe(file);
// Without its descriptor the exporter has to open the log again.
dispose();
await probe(file);
try {
  for (;;) openSync("/dev/null", "r");
} catch {
  const { result } = await probe(file);
  process.stdout.write(`${JSON.stringify({ before, during: result.outcome })}\n`);
}
