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
import type { Bounds, FileFigures, OpenMode, StoreContents } from "./protocol.ts";

/** Longest time that changes wait before they are written. */
const WRITE_INTERVAL = seconds(0.25);

/** How often the exporter records that it is alive, if there is nothing else to write. */
const ALIVE_INTERVAL = seconds(1);

/** Wait after a failure before the next attempt. */
const RETRY_INTERVAL = seconds(1);

/** Longest wait of an answer for its changes to be written. */
const SETTLE_PATIENCE = seconds(1);

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
  /**
   * Resolves to true when all pending changes are committed; to false if they are not within a second, or at once if the last
   * attempt to write has failed.
   */
  settle(): Promise<boolean>;
  isWriting(): boolean;
  /** Starts to write regularly. If another exporter holds the file, retries for `patience` before it resolves. */
  start(patience: Seconds): Promise<void>;
  /** Returns true if only memory can answer, because the file has not been read yet or is unusable. */
  isUnavailable(): boolean;
  /** Returns true if only memory can answer because the file is gone. A write under way may make it again. */
  isLost(): boolean;
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
  let mode: OpenMode = "load";
  let unusable = false;
  /** True while the files that were open are no longer those at the path. */
  let isLost = false;
  /** True until all values have been written to a file that may have others. */
  let mustReplace = false;
  let isStarted = false;
  let closed = false;
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

  const report = (contents: StoreContents): void => {
    const { damaged, movedAside, displaced, lostSpan, mending, isNew } = contents;
    reportExposed(contents.exposed ?? []);
    if (movedAside !== undefined) health.replaced(movedAside);
    if (displaced !== undefined) {
      const text =
        "the store could not be read when the exporter started; it was moved aside and a new one made from memory";
      log.error({ path, moved_to: displaced }, text);
    }
    if (damaged > 0 && mode === "load")
      log.error({ path, values: damaged }, "damaged values of the store were ignored");
    if (lostSpan !== undefined) health.fellBehind(lostSpan);
    if (mending !== undefined) health.mended(mending);
    if (isNew && mode === "load" && movedAside === undefined && lostSpan === undefined)
      log.info({ path }, "the store is new");
  };

  const openFile = async (): Promise<void> => {
    const contents = await writer.call("open", { bounds: currentBounds, mode });
    report(contents);
    continueAfter(contents.lastEventId);
    if (mode === "load") {
      namespaces.load(contents.values);
      const { alive } = contents;
      if (alive !== undefined) downFor = seconds(Math.max(0, elapsed(timestamp(alive / 1000), clock.now())));
    } else {
      mustReplace = true;
    }
    if (mode === "load" || contents.unwritable === undefined) mode = "overwrite";
    if (contents.unwritable !== undefined) throw new StoreError(contents.unwritable);
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

  const writeBatch = async (): Promise<void> => {
    let batch: ReturnType<Pending["take"]> | undefined;
    try {
      if (!open) await openFile();
      if (mustReplace) namespaces.touchAll();
      batch = pending.take();
      figures = await writer.call("write", { ...batch, isComplete: mustReplace, alive: clock.now() * 1000 });
      mustReplace = false;
    } catch (error) {
      if (batch !== undefined) pending.giveBack(batch);
      throw error;
    }
  };

  /** Writes again at once, to new files, what was written to lost ones. */
  const writeOrMend = async (): Promise<void> => {
    try {
      await writeBatch();
    } catch (error) {
      if (!(error instanceof StoreError && error.failure === "lost")) throw error;
      health.lose(error);
      isLost = true;
      open = false;
      await writeBatch();
    }
  };

  /** Leaves the file to another exporter, which has the newer state or will have. */
  const giveUp = (): void => {
    unusable = true;
    log.error(
      { path },
      "another exporter uses the store, so this one leaves it alone until it is restarted; its state is lost then",
    );
  };

  const writeOnce = async (): Promise<void> => {
    if (unusable) throw new StoreError({ failure: "io", message: "the file is unusable" });
    try {
      await writeOrMend();
      aliveAt = clock.monotonic();
      isLost = false;
      health.succeed();
      if (figures?.needsCheckpoint === true) checkpointOnce();
    } catch (thrown) {
      const { failure, lasting, inUse } = health.fail(thrown);
      if (inUse && isStarted) giveUp();
      unusable ||= lasting;
      retryAt = seconds(clock.monotonic() + (failure === "corrupt" ? 0 : RETRY_INTERVAL));
      // After a full disk or a busy file it is still open; after other failures that is uncertain.
      if (failure !== "full" && failure !== "locked") open = false;
      throw thrown;
    }
  };
  const writing = serialize(writeOnce);

  /** Resolves to whether a write succeeds soon. */
  const isWritten = async (run: Promise<void>): Promise<boolean> => {
    const late = Promise.withResolvers<boolean>();
    const cancelWait = clock.after(SETTLE_PATIENCE, () => late.resolve(false));
    const written = run.then(
      () => true,
      () => false,
    );
    const outcome = await Promise.race([written, late.promise]);
    cancelWait();
    return outcome;
  };
  let settling: { readonly run: Promise<void>; readonly isWritten: Promise<boolean> } | undefined;

  const tick = (): void => {
    cancel = clock.after(WRITE_INTERVAL, tick);
    const now = clock.monotonic();
    if (writing.isRunning() || unusable || now < retryAt) return;
    if (!pending.isEmpty() || now - aliveAt >= ALIVE_INTERVAL) writing.run().catch(() => {});
  };

  return {
    write: () => writing.run(),
    async settle() {
      if (unusable || closed || (!health.up() && clock.monotonic() < retryAt)) return false;
      if (pending.isEmpty() && !writing.isRunning()) return health.up();
      const run = writing.run();
      // Answers that share a write share its wait: there may be thousands.
      if (run !== settling?.run) settling = { run, isWritten: isWritten(run) };
      return settling.isWritten;
    },
    async start(patience) {
      const end = clock.monotonic() + patience;
      for (;;) {
        await writing.run().catch(() => {});
        if (health.failing() !== "locked" || clock.monotonic() >= end) break;
        await new Promise<void>((resolve) => {
          clock.after(WRITE_INTERVAL, resolve);
        });
      }
      isStarted = true;
      if (health.isInUse()) giveUp();
      // From now on parts of the exporter have values of their own.
      if (mode === "load") mode = "displace";
      cancel = clock.after(WRITE_INTERVAL, tick);
    },
    isWriting: () => writing.isRunning(),
    isUnavailable: () => mode !== "overwrite" || unusable || isLost,
    isLost: () => isLost,
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
      closed = true;
      try {
        if (!unusable) await writing.run();
      } finally {
        await writer.call("close", null).catch(() => {});
        await writer.end();
      }
    },
  };
}
