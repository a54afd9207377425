import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type ExporterProcess, startExporter } from "../../helpers/exporter.ts";
import { valueOf } from "../../helpers/exposition.ts";
import { start, waitUntil } from "../../helpers/process.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { runTool } from "../../helpers/tools.ts";

const ROTATIONS = 5;

/** The counters of the log in one scrape. */
interface Scrape {
  readonly lines: number;
  readonly beats: number;
  readonly missed: number;
  readonly restarts: number;
  readonly renamed: number;
  readonly truncated: number;
}

async function scrape(exporter: ExporterProcess, file: string): Promise<Scrape> {
  const query = new URLSearchParams({ module: "log", target: file }).toString();
  const text = await exporter.get(`/probe?${query}`);
  const value = (name: string, labels?: Record<string, string>): number =>
    valueOf(text, `heartbeat_log_${name}_total`, labels) ?? 0;
  return {
    lines: value("lines"),
    beats: value("heartbeats"),
    missed: value("missed"),
    restarts: value("restarts"),
    renamed: value("rotations", { kind: "rename" }),
    truncated: value("rotations", { kind: "truncate" }),
  };
}

/** Writes, rotates five times and scrapes concurrently. Each rotation waits for scrapes after the previous one. */
async function rotating(mode: "create" | "copytruncate", compress: boolean) {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "app.log");
  await using exporter = await startExporter({
    yaml: `modules: { log: { prober: heartbeat_log, heartbeat_log: { paths: ["${folder.path}"] } } }`,
  });
  const script = fileURLToPath(new URL("writer.ts", import.meta.url));
  await using writer = start([process.execPath, script, file]);
  await writer.waitForOutput(/writing/);
  const reopen = mode === "create" ? `postrotate\n kill -HUP ${writer.pid}\n endscript` : "";
  const config = await folder.write(
    "logrotate.conf",
    `${file} {\n rotate 3\n size 1\n ${mode}\n ${compress ? "compress\n compresscmd /usr/bin/gzip" : "nocompress"}\n ${reopen}\n}\n`,
  );
  const writing = new AbortController();
  const scrapes: Scrape[] = [];
  const scraping = (async () => {
    while (!writing.signal.aborted) {
      scrapes.push(await scrape(exporter, file));
      await pause(20);
    }
  })();
  await waitUntil("the first lines", () => scrapes.find(({ lines }) => lines > 0));
  for (let rotations = 0; rotations < ROTATIONS; rotations += 1) {
    // gzip reports on stderr that a file grew while it was compressed, which may happen here.
    const { code } = await runTool("logrotate", "newest", [
      "--force",
      `--state=${folder.path}/state`,
      config,
    ]);
    expect(code).toBe(0);
    const before = scrapes.length;
    await waitUntil("three scrapes", () => scrapes.at(before + 2));
    await pause(150);
  }
  await writer.stop();
  writing.abort();
  await scraping;
  const written = JSON.parse(writer.stdout().split("\n")[1] ?? "") as { lines: number; beats: number };
  for (let i = 0; i < 4; i += 1) scrapes.push(await scrape(exporter, file));
  return { written, scrapes, last: scrapes.at(-1) };
}

describe("under logrotate, while 20,000 lines a second are written", () => {
  test.each([false, true])(
    "create loses no heartbeat and counts none twice (compress: %s)",
    async (compress) => {
      const { written, last } = await rotating("create", compress);
      expect(last).toMatchObject({ ...written, missed: 0, restarts: 0, truncated: 0, renamed: ROTATIONS });
    },
  );

  test.each([false, true])(
    "copytruncate only loses lines written between a scrape and the truncation (compress: %s)",
    async (compress) => {
      const { written, scrapes, last } = await rotating("copytruncate", compress);
      expect(last).toMatchObject({ restarts: 0, renamed: 0, truncated: ROTATIONS });
      // Every heartbeat is counted once, or counted as missing, except for the last ones after the last scrape.
      const known = (last?.beats ?? 0) + (last?.missed ?? 0);
      expect(known).toBeLessThanOrEqual(written.beats);
      expect(last?.missed).toBeLessThan(written.beats / 4);
      // Heartbeats only go missing between two scrapes if the log was truncated in between.
      for (const [i, now] of scrapes.entries()) {
        const before = scrapes[i - 1];
        if (before !== undefined && now.missed > before.missed) {
          // A missing heartbeat is detected with the next one, possibly some scrapes later.
          const lastBefore = scrapes.slice(0, i).findLast(({ beats }) => beats < before.beats);
          expect(now.truncated).toBeGreaterThan(lastBefore?.truncated ?? 0);
        }
      }
    },
  );
});
