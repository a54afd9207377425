import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { Log } from "../core/log.ts";
import { elapsed, type Seconds, seconds, timestamp } from "../core/units.ts";
import { createClient } from "./client.ts";
import { createCondition } from "./condition.ts";
import { StoreError, type StoreFailure } from "./failure.ts";
import type { Pending } from "./pending.ts";
import type { Bounds, FileFigures, StoreContents } from "./protocol.ts";
import { serialize } from "./serial.ts";
import type { Shelves } from "./shelves.ts";

/** How long something that was put may wait to be written. */
const WRITE_EVERY = seconds(0.25);

/** How often it is noted that somebody is there, if there is nothing else to write. */
const ALIVE_EVERY = seconds(1);

/** How long after a failure it is tried again. */
const RETRY_AFTER = seconds(1);

/** How the store is, for metrics. */
export interface StoreStatus {
  /** Whether the last attempt to write succeeded. */
  readonly up: boolean;
  readonly failures: Readonly<Record<StoreFailure, number>>;
  /** Of the last time it was written. */
  readonly file?: FileFigures;
}

export interface FileOptions {
  readonly path: string;
  readonly bounds: Bounds;
  readonly clock: Clock;
  readonly log: Log;
  /** What is to be written. */
  readonly pending: Pending;
  readonly shelves: Shelves;
  /** Told of the number of the last event in the file. */
  readonly goOnAfter: (eventId: number) => void;
  /** Has the log written back by somebody else; rejects when that fails. */
  readonly writeLogBack: () => Promise<unknown>;
}

/** The file as its one writer has it, in all that may happen to it. */
export interface StoreFile {
  /** Writes what is pending; resolves when it is committed, and rejects when it could not be: it is pending still. */
  write(): Promise<void>;
  isWriting(): boolean;
  /** Begins to write by itself. The first attempt waits for another exporter that has the file, for `patience`. */
  start(patience: Seconds): Promise<void>;
  /** Nothing but memory is to be asked: the file could not be read so far, or is of no use. */
  isUnknown(): boolean;
  /** It is of no use, and will be of none: nothing needs to wait for it. */
  isGivenUp(): boolean;
  /** How long nobody was there before this start. */
  downFor(): Seconds;
  status(): StoreStatus;
  setBounds(bounds: Bounds): void;
  /** The file was found to be damaged by somebody who read it. */
  suspect(): void;
  close(): Promise<void>;
}

export function createFile({
  path,
  bounds,
  clock,
  log,
  pending,
  shelves,
  goOnAfter,
  writeLogBack,
}: FileOptions): StoreFile {
  const writer = createClient({ role: "writer", path });
  const condition = createCondition(path, log);
  let wanted = bounds;
  let figures: FileFigures | undefined;
  let open = false;
  let known = false;
  let givenUp = false;
  let retryAt = clock.monotonic();
  let aliveAt = clock.monotonic();
  let downFor = seconds(0);
  let cancel = (): void => {};

  const take = ({ values, damaged, alive, lastEventId, setAside, unwritable }: StoreContents): void => {
    goOnAfter(lastEventId);
    if (setAside !== undefined) condition.replaced(setAside);
    if (damaged > 0)
      log.error({ path, values: damaged }, "values of the store were damaged and are forgotten");
    if (!known) {
      shelves.load(values);
      if (alive !== undefined) downFor = seconds(Math.max(0, elapsed(timestamp(alive / 1000), clock.now())));
    }
    known = true;
    if (unwritable !== undefined) throw new StoreError(unwritable);
    open = true;
  };

  let shortening = false;
  /** What stands in its way stands in the way of writing, too, which is where it is told. */
  const shortenLog = (): void => {
    if (shortening) return;
    shortening = true;
    const end = (): void => {
      shortening = false;
    };
    writeLogBack().then(end, end);
  };

  const writeOnce = async (): Promise<void> => {
    if (givenUp) throw new StoreError({ failure: "io", message: "the file cannot be used" });
    let batch: ReturnType<Pending["take"]> | undefined;
    try {
      if (!open) {
        const late = known || !pending.isEmpty();
        take(await writer.call("open", wanted));
        // It may be another file than before.
        if (late) shelves.touchAll();
      }
      batch = pending.take();
      figures = await writer.call("write", { ...batch, alive: clock.now() * 1000 });
      aliveAt = clock.monotonic();
      condition.succeed();
      if (figures.longLog) shortenLog();
    } catch (thrown) {
      if (batch !== undefined) pending.giveBack(batch);
      const { failure, lasting } = condition.fail(thrown);
      givenUp ||= lasting;
      retryAt = seconds(clock.monotonic() + (failure === "corrupt" ? 0 : RETRY_AFTER));
      // A full disk or a busy file leave it open; of anything else it is not known.
      if (failure !== "full" && failure !== "locked") open = false;
      throw thrown;
    }
  };
  const writing = serialize(writeOnce);

  const tick = (): void => {
    cancel = clock.after(WRITE_EVERY, tick);
    const now = clock.monotonic();
    if (writing.isRunning() || givenUp || now < retryAt) return;
    if (!pending.isEmpty() || now - aliveAt >= ALIVE_EVERY) writing.run().catch(() => {});
  };

  return {
    write: () => writing.run(),
    async start(patience) {
      const end = clock.monotonic() + patience;
      for (;;) {
        await writing.run().catch(() => {});
        if (condition.failing() !== "locked" || clock.monotonic() >= end) break;
        await new Promise<void>((resolve) => {
          clock.after(WRITE_EVERY, resolve);
        });
      }
      cancel = clock.after(WRITE_EVERY, tick);
    },
    isWriting: () => writing.isRunning(),
    isUnknown: () => !known || givenUp,
    isGivenUp: () => givenUp,
    downFor: () => downFor,
    status: () => ({
      up: condition.up(),
      failures: condition.failures(),
      ...defined({ file: figures }),
    }),
    setBounds(next) {
      wanted = next;
      if (open) writer.call("bounds", next).catch(() => {});
    },
    suspect() {
      // It may be another file afterwards, and what comes next must not take it for the same.
      open = false;
      writer.call("examine", null).catch((error: unknown) => void condition.fail(error));
    },
    async close() {
      cancel();
      try {
        if (!givenUp) await writing.run();
      } finally {
        await writer.call("close", null).catch(() => {});
        await writer.end();
      }
    },
  };
}
