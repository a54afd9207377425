import type { Clock } from "../core/clock.ts";
import type { History, HistoryReader } from "../core/history.ts";
import type { Log } from "../core/log.ts";
import type { Memory } from "../core/memory.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { createClient } from "./client.ts";
import { StoreError } from "./failure.ts";
import { createFile, type StoreFile, type StoreStatus } from "./file.ts";
import { createRecentHistory } from "./memory-history.ts";
import { createNamespaces } from "./namespaces.ts";
import { createNumberedHistory } from "./numbered-history.ts";
import { createPending } from "./pending.ts";
import type { Bounds } from "./protocol.ts";

export interface StoreOptions {
  readonly path: string;
  readonly bounds: Bounds;
  readonly clock: Clock;
  readonly log: Log;
  /** How long opening waits for another exporter to release the file. */
  readonly patience: Seconds;
}

/** State and history that survive a restart, in one file. */
export interface Store {
  readonly memory: Memory;
  readonly history: History;
  status(): StoreStatus;
  setBounds(bounds: Bounds): void;
  /** Writes the pending changes and releases the file; rejects if that fails. */
  close(): Promise<void>;
}

/** Attempts to answer a query from the file. */
const MOST_ATTEMPTS = 3;

/**
 * Opens the file at `path` and loads its contents. A file that cannot be used is not an error: the exporter continues in
 * memory, logs it, and retries.
 *
 * A worker owns the file, because node:sqlite blocks its thread, and neither probes nor scrapes may wait for a disk.
 * Changes are collected in the main thread, only the last value of each key, and written in one transaction. A second
 * worker answers queries of the history, so that a long one does not delay writing.
 */
export async function openStore({ path, bounds, clock, log, patience }: StoreOptions): Promise<Store> {
  const pending = createPending((namespace, key) => namespaces.read(namespace, key));
  const namespaces = createNamespaces((namespace, key) => {
    if (!file.isUnusable()) pending.touch(namespace, key);
  });
  const recent = createRecentHistory(clock, seconds(bounds.retention));
  const reader = createClient({ role: "reader", path });

  /**
   * Answers from the file, after writing pending changes; from memory while the file is unavailable. What people look at again and
   * again waits for no write: it may be a quarter of a second old.
   */
  const historyReader: HistoryReader = {
    summaries: (window) =>
      query(
        () => recent.summaries(window),
        () => reader.call("summaries", window),
      ),
    outages: (request) =>
      query(
        () => recent.outages(request),
        () => reader.call("outages", request),
      ),
    chart: (request) =>
      query(
        () => recent.chart(request),
        () => reader.call("chart", request),
      ),
    trends: (request) =>
      query(
        () => recent.trends(request),
        () => reader.call("trends", request),
        { flush: false },
      ),
    counts: (request) =>
      query(
        () => recent.counts(request),
        () => reader.call("counts", request),
        { flush: false },
      ),
    reasons: (request) =>
      query(
        () => recent.reasons(request),
        () => reader.call("reasons", request),
        { flush: false },
      ),
    events: (request) =>
      query(
        () => recent.events(request),
        () => reader.call("events", request),
      ),
  };
  const query = async <Answer>(
    fromMemory: () => Promise<Answer>,
    fromFile: () => Promise<Answer>,
    { flush }: { readonly flush: boolean } = { flush: true },
  ): Promise<Answer> => {
    for (let attempt = 1; ; attempt += 1) {
      if (file.isLost() && file.isWriting()) await file.write().catch(() => {});
      if (flush && !file.isUnavailable() && (file.isWriting() || !pending.isEmpty()))
        await file.write().catch(() => {});
      if (file.isUnavailable()) return fromMemory();
      try {
        return await fromFile();
      } catch (error) {
        if (!(error instanceof StoreError) || attempt === MOST_ATTEMPTS) throw error;
        if (error.failure === "corrupt") {
          file.checkDamage();
          throw error;
        }
        // A write notices if the file is gone, and makes it again. One that runs already may have looked before it was gone.
        if (!file.isUnavailable()) await file.write().catch(() => {});
      }
    }
  };

  const history = createNumberedHistory(
    clock,
    {
      addResult(result) {
        if (!file.isUnusable()) pending.addResult(result);
        if (file.isUnavailable()) recent.addResult(result);
      },
      addEvent(event) {
        if (!file.isUnusable()) pending.addEvent(event);
        if (file.isUnavailable()) recent.addEvent(event);
      },
    },
    historyReader,
  );
  const file: StoreFile = createFile({
    path,
    bounds,
    clock,
    log,
    pending,
    namespaces,
    continueAfter: (id) => history.continueAfter(id),
    checkpoint: () => reader.call("checkpoint", null),
  });
  await file.start(patience);

  return {
    memory: {
      namespace: (name) => namespaces.namespace(name),
      flush: () => file.write(),
      settle: () => file.settle(),
      downFor: file.downFor(),
    },
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
