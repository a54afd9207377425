import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ExporterProcess, startExporter } from "../test/helpers/exporter.ts";
import { waitUntil } from "../test/helpers/process.ts";
import { temporaryFolder } from "../test/helpers/temporary-folder.ts";

/** The longest time for which an event loop stood still, in milliseconds. */
export interface Gap {
  readonly gap: number;
  /** The most CPU time of the main thread in one gap. On a busy machine, `gap` also counts the time of other processes. */
  readonly cpu: number;
}

/** An exporter whose gaps are measured; `await using` stops it. */
export interface MeasuredExporter extends ExporterProcess {
  /** Returns the longest gaps since the last call. */
  gap(): Promise<Gap>;
}

/**
 * Starts an exporter whose gaps are measured, and waits until it listens.
 * @param yaml its configuration
 * @param files further files in the same folder, by name
 * @param root the checkout to run, with the flags of this one; this one by default
 */
export async function startMeasured(
  yaml: string,
  files: Readonly<Record<string, string>> = {},
  root?: string,
): Promise<MeasuredExporter> {
  await using resources = new AsyncDisposableStack();
  const gapFile = join(resources.use(await temporaryFolder()).path, "gap");
  const preload = fileURLToPath(new URL("loop-gap.ts", import.meta.url));
  const env = { LOOP_GAP: gapFile, NODE_OPTIONS: `--import=${preload}` };
  const exporter = resources.use(
    await startExporter({ yaml, files, env, ...(root === undefined ? {} : { root }) }),
  );
  const owned = resources.move();
  return {
    ...exporter,
    gap() {
      rmSync(gapFile, { force: true });
      exporter.process.kill("SIGUSR2");
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
