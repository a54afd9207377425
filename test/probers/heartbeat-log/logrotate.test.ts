import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type ExporterProcess, startExporter } from "../../helpers/exporter.ts";
import { valueOf } from "../../helpers/exposition.ts";
import { start, waitUntil } from "../../helpers/process.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { runTool } from "../../helpers/tools.ts";

const LINES = 80_000;

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

/** Writes, rotates and scrapes concurrently. Each rotation waits for scrapes after the previous one. */
async function rotating(mode: "create" | "copytruncate", compress: boolean) {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "app.log");
  await using exporter = await startExporter({
    yaml: `modules: { log: { prober: heartbeat_log, heartbeat_log: { paths: ["${folder.path}"] } } }`,
  });
  const script = fileURLToPath(new URL("writer.ts", import.meta.url));
  await using writer = start([process.execPath, script, file, String(LINES)]);
  await writer.waitForOutput(/writing/);
  // The writer may have ended before.
  const reopen = mode === "create" ? `postrotate\n kill -HUP ${writer.pid} || true\n endscript` : "";
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
  let rotations = 0;
  const rotate = (async () => {
    while (!writing.signal.aborted) {
      // gzip reports on stderr that a file grew while it was compressed, which may happen here.
      const { code } = await runTool("logrotate", "newest", [
        "--force",
        `--state=${folder.path}/state`,
        config,
      ]);
      expect(code).toBe(0);
      rotations += 1;
      const before = scrapes.length;
      while (!writing.signal.aborted && scrapes.length < before + 3) await pause(5);
      await pause(150);
    }
  })();
  await writer.exited;
  writing.abort();
  await Promise.all([scraping, rotate]);
  const written = JSON.parse(writer.stdout().split("\n")[1] ?? "") as { lines: number; beats: number };
  for (let i = 0; i < 4; i += 1) scrapes.push(await scrape(exporter, file));
  return { written, scrapes, rotations, last: scrapes.at(-1) };
}

describe("under logrotate, while 20,000 lines a second are written", () => {
  test.each([false, true])(
    "create loses no heartbeat and counts none twice (compress: %s)",
    async (compress) => {
      const { written, last, rotations } = await rotating("create", compress);
      expect(rotations).toBeGreaterThan(3);
      expect(last).toMatchObject({ ...written, missed: 0, restarts: 0, truncated: 0 });
      expect(last?.renamed).toBeGreaterThan(3);
    },
    60_000,
  );

  test.each([false, true])(
    "copytruncate only loses lines written between a scrape and the truncation (compress: %s)",
    async (compress) => {
      const { written, scrapes, last, rotations } = await rotating("copytruncate", compress);
      expect(rotations).toBeGreaterThan(3);
      expect(last).toMatchObject({ restarts: 0, renamed: 0 });
      expect(last?.truncated).toBeGreaterThan(3);
      expect(last?.truncated).toBeLessThanOrEqual(rotations);
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
    60_000,
  );
});
