import { appendFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { seconds } from "../../../src/core/units.ts";
import { manualClock } from "../../helpers/clock.ts";
import { BASIC_HEARTBEAT, DETAILED_HEARTBEAT } from "../../helpers/heartbeat-line.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { runTool } from "../../helpers/tools.ts";
import { beat, NOW, noise, type ProbeOutput, start } from "./support.ts";

const ODD = {
  event: "HEARTBEAT - System Statistics",
  timestamp: NOW,
  "queue.depth": 4,
  queue_depth: 5,
  größe: 1,
  lines_total: 99,
  total_lines: 98,
  consumer_circuit_breaker_state: "exploded",
  consumer_is_healthy: "maybe",
  latencyMs: 12.5,
  startup_hours: 2,
  last_reload_time: "2025-09-15T13:00:00Z",
  never_time: 0,
  processing_time: 5.2,
  version: "1.2.3",
  pool: { size: 10, free: 3, deep: { deeper: { deepest: { lost: 1 } } } },
  workers: [1, 2, 3],
  nothing: null,
  total_refunds: -1,
};

const line = (fields: object): string => `${JSON.stringify(fields)}\n`;
const at = (fields: object): string =>
  `${JSON.stringify({ log: line(fields), stream: "stdout", time: "2025-09-15T13:29:30.5Z" })}\n`;

const outcomes: readonly (readonly [name: string, run: (folder: string) => Promise<ProbeOutput>])[] = [
  ["basic", (folder) => probing(folder, noise() + at(BASIC_HEARTBEAT))],
  ["detailed", (folder) => probing(folder, at(DETAILED_HEARTBEAT))],
  ["odd", (folder) => probing(folder, line(ODD))],
  ["stale", (folder) => probing(folder, at(BASIC_HEARTBEAT), 600)],
  ["malformed", (folder) => probing(folder, `${beat(1)}HEARTBEAT - System Statistics, but no JSON\n`, 600)],
  ["no-heartbeat", (folder) => probing(folder, noise())],
  [
    "file-missing",
    async (folder) => {
      const file = join(folder, "app.log");
      const { probe } = start({ paths: [folder] });
      await appendFile(file, beat(1));
      await probe(file);
      await rm(file);
      return await probe(file);
    },
  ],
  [
    "forbidden-target",
    (folder) => start({ paths: [join(folder, "elsewhere")] }).probe(join(folder, "app.log")),
  ],
];

async function probing(folder: string, content: string, later = 0): Promise<ProbeOutput> {
  const file = join(folder, "app.log");
  const clock = manualClock(NOW);
  const { probe } = start({ paths: [folder] }, { clock });
  await appendFile(file, content);
  clock.advance(seconds(later));
  return await probe(file);
}

test.each(outcomes)("%s", async (name, run) => {
  await using folder = await temporaryFolder();
  await appendFile(join(folder.path, "app.log"), "");
  const probed = await run(folder.path);
  const text = `# ${probed.verdict}: ${probed.detail}\n${probed.text}`.replaceAll(folder.path, "/var/log");
  await expect(text).toMatchFileSnapshot(
    join(import.meta.dirname, `../../golden/heartbeat-log/${name}.prom`),
  );
  const lint = await runTool("promtool", "newest", ["check", "metrics"], { input: probed.text });
  // promtool takes heartbeat_count for the count of a histogram.
  expect(lint.stdout + lint.stderr).not.toMatch(/error/i);
});
