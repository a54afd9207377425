import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Running, start, waitUntil } from "../test/helpers/process.ts";
import { type TemporaryFolder, temporaryFolder } from "../test/helpers/temporary-folder.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The longest time for which an event loop stood still, in milliseconds. */
export interface Gap {
  readonly gap: number;
  /** The most CPU time of the main thread in one gap. On a busy machine, `gap` also counts the time of other processes. */
  readonly cpu: number;
}

/** An exporter whose gaps are measured; `await using` stops it. */
export interface MeasuredExporter extends AsyncDisposable {
  readonly url: string;
  readonly process: Running;
  /** The folder of `exporter.yml`. */
  readonly folder: TemporaryFolder;
  /** Returns the longest gaps since the last call. */
  gap(): Promise<Gap>;
}

/**
 * Starts an exporter whose gaps are measured, and waits until it listens.
 * @param files by name; `exporter.yml` is its configuration
 * @param root the checkout to run; this one by default
 */
export async function startMeasured(
  files: Readonly<Record<string, string>>,
  root = ROOT,
): Promise<MeasuredExporter> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  for (const [name, content] of Object.entries(files)) await folder.write(name, content);
  const gapFile = join(folder.path, "gap");
  const running = resources.use(
    start(
      [
        process.execPath,
        "--max-semi-space-size=4",
        "--heap-growing-percent=70",
        `--import=${join(ROOT, "bench/loop-gap.ts")}`,
        "src/main.ts",
        "--web.listen-address=127.0.0.1:0",
        `--config.file=${join(folder.path, "exporter.yml")}`,
      ],
      { cwd: root, env: { ...process.env, MALLOC_ARENA_MAX: "1", LOOP_GAP: gapFile } },
    ),
  );
  const [, url = ""] = await running.waitForOutput(/heartbeat-exporter listens.*? address=(https?:\S+)/);
  const owned = resources.move();
  return {
    url,
    process: running,
    folder,
    gap() {
      rmSync(gapFile, { force: true });
      running.kill("SIGUSR2");
      return waitUntil("the gap", () => {
        try {
          const text = readFileSync(gapFile, "utf8");
          return text === "" ? undefined : (JSON.parse(text) as Gap);
        } catch {
          return undefined;
        }
      });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
