import { setTimeout as pause } from "node:timers/promises";
import { startExporter } from "../test/helpers/exporter.ts";
import { fuseMount } from "../test/helpers/fuse-mount.ts";
import { temporaryFolder } from "../test/helpers/temporary-folder.ts";
import type { Targets } from "./peers.ts";
import { median, print, quantile } from "./statistics.ts";

const HANGING = 30;
const GOOD = 500;
/** The good targets are probed once in this time, and the hanging ones all the time. */
const SPREAD_MS = 15_000;
/** A good probe that takes longer is late. */
const ON_TIME_MS = 1000;

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Probes with a `body_file` beside 30 whose file is in a mount that does not answer: only as root, for the mount. */
export async function hangingFiles(targets: Targets): Promise<void> {
  await using mount = await fuseMount(Object.fromEntries(numbers(HANGING).map((i) => [`body-${i}`, "body"])));
  await using local = await temporaryFolder();
  const body = await local.write("body", "body");
  const module = (name: string, file: string): string =>
    `  ${name}: { prober: http, timeout: 5s, http: { method: POST, body_file: "${file}" } }\n`;
  await using exporter = await startExporter({
    command: mount.command,
    yaml: `modules:\n${module("good", body)}${numbers(HANGING)
      .map((i) => module(`hanging-${i}`, `${mount.path}/body-${i}`))
      .join("")}`,
  });
  const probe = async (name: string): Promise<number | undefined> => {
    const begin = performance.now();
    const text = await exporter.get(`/probe?module=${name}&target=${encodeURIComponent(targets.http)}`);
    return /^probe_success 1$/mu.test(text) ? performance.now() - begin : undefined;
  };
  const probeGood = async (): Promise<number[]> => {
    const all = numbers(GOOD).map(async (i) => {
      await pause((i * SPREAD_MS) / GOOD);
      return probe("good");
    });
    return (await Promise.all(all)).filter((took) => took !== undefined);
  };

  const alone = await probeGood();
  await mount.hang();
  const isOver = new AbortController();
  const hanging = numbers(HANGING).map(async (i) => {
    while (!isOver.signal.aborted) {
      await probe(`hanging-${i}`);
      // One that is refused at once would otherwise be asked as fast as the exporter answers.
      await pause(SPREAD_MS / GOOD);
    }
  });
  const beside = await probeGood();
  isOver.abort();
  await mount.goOn();
  await Promise.all(hanging);
  const what = `good files beside ${HANGING} that hang`;
  const onTime = beside.filter((took) => took <= ON_TIME_MS).length;
  const ratio = (of: (took: readonly number[]) => number): string =>
    `${of(beside).toFixed(1)} ms / ${of(alone).toFixed(1)} ms = ${(of(beside) / of(alone)).toFixed(2)}`;
  print(`${what}: probed within 1 s`, `${onTime} of ${GOOD}`);
  print(`${what}: median beside them / alone`, ratio(median));
  print(
    `${what}: p99 beside them / alone`,
    ratio((took) => quantile(took, 0.99)),
  );
}
