import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { Log } from "../core/log.ts";
import { serialize } from "../core/serial.ts";
import { elapsed, type Seconds, seconds, timestamp } from "../core/units.ts";
import { createClient } from "./client.ts";
import { StoreError, type StoreFailure } from "./failure.ts";
import { createStoreHealth } from "./health.ts";
import type { Namespaces } from "./namespaces.ts";
import type { Pending } from "./pending.ts";
import type { Bounds, FileFigures, StoreContents } from "./protocol.ts";

/** Longest time that changes wait before they are written. */
const WRITE_INTERVAL = seconds(0.25);

/** How often the exporter records that it is alive, if there is nothing else to write. */
const ALIVE_INTERVAL = seconds(1);

/** Wait after a failure before the next attempt. */
const RETRY_INTERVAL = seconds(1);

/** The state of the store, for metrics. */
export interface StoreStatus {
  /** True if the last attempt to write succeeded. */
  readonly up: boolean;
  readonly failures: Readonly<Record<StoreFailure, number>>;
  /** As of the last successful write. */
  readonly file?: FileFigures;
}

export interface FileOptions {
  readonly path: string;
  readonly bounds: Bounds;
  readonly clock: Clock;
  readonly log: Log;
  /** The changes to write. */
  readonly pending: Pending;
  readonly namespaces: Namespaces;
  /** Called with the id of the last event in the file. */
  readonly continueAfter: (eventId: number) => void;
  /** Checkpoints the WAL in another thread; rejects if that fails. */
  readonly checkpoint: () => Promise<unknown>;
}

/** The main thread's view of the file and its one writer, with all failures handled. */
export interface StoreFile {
  /** Writes all pending changes. Resolves when they are committed; on a rejection they remain pending. */
  write(): Promise<void>;
  isWriting(): boolean;
  /** Starts to write regularly. If another exporter holds the file, retries for `patience` before it resolves. */
  start(patience: Seconds): Promise<void>;
  /** Returns true if only memory can answer, because the file has not been read yet or is unusable. */
  isUnavailable(): boolean;
  /** Returns true if the file is unusable for good, so that nothing should wait to be written. */
  isUnusable(): boolean;
  /** Returns the exporter's downtime before this start. */
  downFor(): Seconds;
  status(): StoreStatus;
  setBounds(bounds: Bounds): void;
  /** Checks the file for damage, after a reader found some. */
  checkDamage(): void;
  close(): Promise<void>;
}

/** Creates the file's view. Nothing is opened before `start`. */
export function createFile({
  path,
  bounds,
  clock,
  log,
  pending,
  namespaces,
  continueAfter,
  checkpoint,
}: FileOptions): StoreFile {
  const writer = createClient({ role: "writer", path });
  const health = createStoreHealth(path, log);
  let currentBounds = bounds;
  let figures: FileFigures | undefined;
  let open = false;
  let loaded = false;
  let unusable = false;
  let retryAt = clock.monotonic();
  let aliveAt = clock.monotonic();
  let downFor = seconds(0);
  let cancel = (): void => {};

  let isExposureKnown = false;
  const reportExposed = (files: readonly string[]): void => {
    if (files.length === 0 || isExposureKnown) return;
    isExposureKnown = true;
    log.warn({ files }, "other users may read the store, and its permissions cannot be changed");
  };

  const load = (contents: StoreContents): void => {
    const { values, damaged, alive, lastEventId, movedAside, unwritable } = contents;
    reportExposed(contents.exposed ?? []);
    continueAfter(lastEventId);
    if (movedAside !== undefined) health.replaced(movedAside);
    if (damaged > 0) log.error({ path, values: damaged }, "damaged values of the store were ignored");
    if (!loaded) {
      namespaces.load(values);
      if (alive !== undefined) downFor = seconds(Math.max(0, elapsed(timestamp(alive / 1000), clock.now())));
    }
    loaded = true;
    if (unwritable !== undefined) throw new StoreError(unwritable);
    open = true;
  };

  let checkpointing = false;
  /** Ignores failures: their cause also makes writes fail, and is reported there. */
  const checkpointOnce = (): void => {
    if (checkpointing) return;
    checkpointing = true;
    const end = (): void => {
      checkpointing = false;
    };
    checkpoint().then(end, end);
  };

  const writeOnce = async (): Promise<void> => {
    if (unusable) throw new StoreError({ failure: "io", message: "the file is unusable" });
    let batch: ReturnType<Pending["take"]> | undefined;
    try {
      if (!open) {
        const isReopened = loaded || !pending.isEmpty();
        load(await writer.call("open", currentBounds));
        // The file may have been replaced meanwhile, so write everything.
        if (isReopened) namespaces.touchAll();
      }
      batch = pending.take();
      figures = await writer.call("write", { ...batch, alive: clock.now() * 1000 });
      aliveAt = clock.monotonic();
      health.succeed();
      if (figures.needsCheckpoint) checkpointOnce();
    } catch (thrown) {
      if (batch !== undefined) pending.giveBack(batch);
      const { failure, lasting } = health.fail(thrown);
      unusable ||= lasting;
      retryAt = seconds(clock.monotonic() + (failure === "corrupt" ? 0 : RETRY_INTERVAL));
      // After a full disk or a busy file it is still open; after other failures that is uncertain.
      if (failure !== "full" && failure !== "locked") open = false;
      throw thrown;
    }
  };
  const writing = serialize(writeOnce);

  const tick = (): void => {
    cancel = clock.after(WRITE_INTERVAL, tick);
    const now = clock.monotonic();
    if (writing.isRunning() || unusable || now < retryAt) return;
    if (!pending.isEmpty() || now - aliveAt >= ALIVE_INTERVAL) writing.run().catch(() => {});
  };

  return {
    write: () => writing.run(),
    async start(patience) {
      const end = clock.monotonic() + patience;
      for (;;) {
        await writing.run().catch(() => {});
        if (health.failing() !== "locked" || clock.monotonic() >= end) break;
        await new Promise<void>((resolve) => {
          clock.after(WRITE_INTERVAL, resolve);
        });
      }
      cancel = clock.after(WRITE_INTERVAL, tick);
    },
    isWriting: () => writing.isRunning(),
    isUnavailable: () => !loaded || unusable,
    isUnusable: () => unusable,
    downFor: () => downFor,
    status: () => ({
      up: health.up(),
      failures: health.failures(),
      ...defined({ file: figures }),
    }),
    setBounds(next) {
      currentBounds = next;
      if (open) writer.call("bounds", next).catch(() => {});
    },
    checkDamage() {
      // The check may replace the file, so the next write has to open it again.
      open = false;
      writer.call("examine", null).catch((error: unknown) => void health.fail(error));
    },
    async close() {
      cancel();
      try {
        if (!unusable) await writing.run();
      } finally {
        await writer.call("close", null).catch(() => {});
        await writer.end();
      }
    },
  };
}
