import { setTimeout as pause } from "node:timers/promises";
import { seconds } from "../../src/core/units.ts";
import { type ExporterProcess, startExporter } from "./exporter.ts";
import { valueOf } from "./exposition.ts";
import { type Machines, startMachines } from "./machines.ts";
import { waitUntil } from "./process.ts";

/** Number of machines. */
export const MACHINES = 1_000;

/** An exporter with machines that an exporter process registers and that ping it. */
export interface StoppableExporter extends AsyncDisposable {
  readonly exporter: ExporterProcess;
  readonly machines: Machines;
  /** Stops the process with SIGSTOP, and lets it continue after a while. */
  stopFor(milliseconds: number): Promise<void>;
  /** Returns the announcements so far. */
  announced(): readonly string[];
  /** Returns the absence that the exporter reports, in seconds. */
  absence(): Promise<number>;
  /** Stops the machines, and resolves once the exporter has announced each as offline. */
  untilAllOffline(): Promise<void>;
}

/**
 * Starts an exporter and 1,000 machines.
 * @param timeout timeout of the machines, as the configuration writes it
 * @param periodMs time between two pings of a machine, in milliseconds; without one, each pings when told to
 */
export async function startStoppable(timeout: string, periodMs?: number): Promise<StoppableExporter> {
  const token = "shared-token-of-the-test";
  await using resources = new AsyncDisposableStack();
  const exporter = resources.use(
    await startExporter({ env: { MACHINE_OFFLINE_THRESHOLD: timeout, HEARTBEAT_PING_TOKEN: token } }),
  );
  const { process, url } = exporter;
  const machines = resources.use(
    startMachines({
      url,
      count: MACHINES,
      token,
      patienceMs: 10_000,
      ...(periodMs === undefined ? {} : { periodMs }),
    }),
  );
  const owned = resources.move();
  const announced = (): readonly string[] =>
    process
      .output()
      .split("\n")
      .filter((line) => /went offline|came back/.test(line));
  return {
    exporter,
    machines,
    announced,
    async stopFor(milliseconds) {
      process.kill("SIGSTOP");
      await pause(milliseconds);
      process.kill("SIGCONT");
    },
    async absence() {
      const text = await exporter.get("/metrics?collect[]=exporter");
      return valueOf(text, "heartbeat_exporter_absence_seconds_total") ?? 0;
    },
    async untilAllOffline() {
      await machines.stop();
      const before = announced().length;
      await waitUntil(
        "all machines offline",
        () => (announced().length - before >= MACHINES ? true : undefined),
        seconds(300),
      );
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
