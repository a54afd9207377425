import { appendFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { seconds } from "../../../src/core/units.ts";
import { manualClock } from "../../helpers/clock.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { runTool } from "../../helpers/tools.ts";
import { beat, NOW, noise, type Probed, start } from "./support.ts";

const BASIC = {
  event: "💓 HEARTBEAT - System Statistics",
  heartbeat_count: 5,
  uptime_seconds: 300.45,
  uptime_minutes: 5.01,
  uptime_hours: 0.08,
  interval_seconds: 60,
  messages_processed_delta: 150,
  consumer_errors_delta: 0,
  orders_published_delta: 12,
  publisher_errors_delta: 0,
  messages_per_second: 2.5,
  orders_per_second: 0.2,
  error_rate_per_second: 0.0,
  total_messages_processed: 750,
  total_consumer_errors: 2,
  total_orders_published: 60,
  total_publisher_errors: 0,
};

const DETAILED = {
  ...BASIC,
  consumer_is_running: true,
  consumer_is_healthy: true,
  consumer_nats_connected: true,
  consumer_subscription_active: true,
  consumer_last_message_time: 1640995200.123,
  consumer_avg_processing_time_ms: 5.2,
  consumer_max_processing_time_ms: 12.8,
  consumer_circuit_breaker_state: "closed",
  publisher_is_running: true,
  publisher_is_healthy: false,
  publisher_nats_connected: true,
  publisher_queue_size: 3,
  publisher_last_order_time: 1640995180.456,
  publisher_avg_publishing_time_ms: 3.1,
  publisher_max_publishing_time_ms: 8.9,
  publisher_circuit_breaker_state: "HALF-OPEN",
};

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

const outcomes: readonly (readonly [name: string, run: (folder: string) => Promise<Probed>])[] = [
  ["basic", (folder) => probing(folder, noise() + at(BASIC))],
  ["detailed", (folder) => probing(folder, at(DETAILED))],
  ["odd", (folder) => probing(folder, line(ODD))],
  ["stale", (folder) => probing(folder, at(BASIC), 600)],
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

async function probing(folder: string, content: string, later = 0): Promise<Probed> {
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
  // It takes the name of a field for the _count of a histogram, and knows the exporter's own labels only.
  expect(lint.stdout + lint.stderr).not.toMatch(/error/i);
});
