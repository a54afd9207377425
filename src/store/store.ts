import type { Clock } from "../core/clock.ts";
import type { History, HistoryReader } from "../core/history.ts";
import type { Log } from "../core/log.ts";
import type { Memory } from "../core/memory.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { createClient } from "./client.ts";
import { StoreError } from "./failure.ts";
import { createFile, type StoreFile, type StoreStatus } from "./file.ts";
import { createHistory } from "./history.ts";
import { createRecent } from "./memory-history.ts";
import { createPending } from "./pending.ts";
import type { Bounds } from "./protocol.ts";
import { createShelves } from "./shelves.ts";

export interface StoreOptions {
  readonly path: string;
  readonly bounds: Bounds;
  readonly clock: Clock;
  readonly log: Log;
  /** How long the start waits for another exporter that is about to end. */
  readonly patience: Seconds;
}

/** What survives a restart, in one file. */
export interface Store {
  readonly memory: Memory;
  readonly history: History;
  status(): StoreStatus;
  setBounds(bounds: Bounds): void;
  /** Writes what is left and lets go of the file; rejects when that fails. */
  close(): Promise<void>;
}

/**
 * Opens the file at `path` and reads what it holds. A file that cannot be used is no error: the exporter goes on in memory,
 * says so, and tries again.
 *
 * The file belongs to a worker: node:sqlite blocks the thread that calls it, and neither probes nor scrapes may wait for a
 * disk. What is put waits here, only the last value of each key, and goes there in one transaction. A second worker answers
 * questions about the past, so that no long one keeps the state of now from being written.
 */
export async function openStore({ path, bounds, clock, log, patience }: StoreOptions): Promise<Store> {
  const pending = createPending((shelf, key) => shelves.read(shelf, key));
  const shelves = createShelves((shelf, key) => {
    if (!file.isGivenUp()) pending.touch(shelf, key);
  });
  const recent = createRecent(clock, seconds(bounds.retention));
  const reader = createClient({ role: "reader", path });

  /** What the file says, with what is still on its way to it; without a file, what memory says. */
  const asking: HistoryReader = {
    summaries: (window) =>
      ask(
        () => recent.summaries(window),
        () => reader.call("summaries", window),
      ),
    outages: (query) =>
      ask(
        () => recent.outages(query),
        () => reader.call("outages", query),
      ),
    chart: (query) =>
      ask(
        () => recent.chart(query),
        () => reader.call("chart", query),
      ),
    events: (query) =>
      ask(
        () => recent.events(query),
        () => reader.call("events", query),
      ),
  };
  const ask = async <Answer>(
    fromMemory: () => Promise<Answer>,
    fromFile: () => Promise<Answer>,
  ): Promise<Answer> => {
    if (file.isUnknown()) return fromMemory();
    if (file.isWriting() || !pending.isEmpty()) await file.write().catch(() => {});
    try {
      return await fromFile();
    } catch (error) {
      if (error instanceof StoreError && error.failure === "corrupt") file.suspect();
      throw error;
    }
  };

  const history = createHistory(
    clock,
    {
      addResult(result) {
        if (!file.isGivenUp()) pending.addResult(result);
        if (file.isUnknown()) recent.addResult(result);
      },
      addEvent(event) {
        if (!file.isGivenUp()) pending.addEvent(event);
        if (file.isUnknown()) recent.addEvent(event);
      },
    },
    asking,
  );
  const file: StoreFile = createFile({
    path,
    bounds,
    clock,
    log,
    pending,
    shelves,
    goOnAfter: (id) => history.goOnAfter(id),
    writeLogBack: () => reader.call("writeLogBack", null),
  });
  await file.start(patience);

  return {
    memory: { namespace: (name) => shelves.shelf(name), flush: () => file.write(), downFor: file.downFor() },
    history,
    status: () => file.status(),
    setBounds: (next) => file.setBounds(next),
    async close() {
      try {
        await file.close();
      } finally {
        await reader.end();
      }
    },
  };
}
