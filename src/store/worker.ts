import { parentPort, workerData } from "node:worker_threads";
import { checkpoint } from "./database.ts";
import { failureOf } from "./failure.ts";
import type { Calls, WorkerReply, WorkerRequest, WorkerSetup } from "./protocol.ts";
import { createReader } from "./reader.ts";
import { createWriter } from "./writer.ts";

/** The handlers of a worker's calls. They throw errors that `failureOf` classifies. */
type Handlers = { [Call in keyof Calls]?: (request: Calls[Call]["request"]) => Calls[Call]["answer"] };

const { role, path } = workerData as WorkerSetup;
const handlers = role === "writer" ? writerHandlers() : readerHandlers();

parentPort?.on("message", ({ id, call, request }: WorkerRequest) => {
  const reply = (): WorkerReply => {
    try {
      const handle = handlers[call] as ((request: unknown) => unknown) | undefined;
      return { id, answer: handle?.(request) };
    } catch (error) {
      const { failure, message, lasting = false, inUse = false } = failureOf(error);
      return { id, failed: { failure, message, lasting, inUse } };
    }
  };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread is no window
  parentPort?.postMessage(reply());
});

function writerHandlers(): Handlers {
  const writer = createWriter(path);
  let scheduled = false;
  /** Time of the last write by the exporter's clock, in milliseconds since the epoch. */
  let now = 0;
  const prune = (): void => {
    scheduled = false;
    try {
      if (writer.pruneStep(now)) schedulePruning();
    } catch {
      // The cause also makes the next write fail, and is reported there.
    }
  };
  const schedulePruning = (): void => {
    if (scheduled) return;
    scheduled = true;
    // One step per event-loop turn, so that writes can run in between.
    setImmediate(prune);
  };
  return {
    open: (request) => writer.open(request),
    bounds(bounds) {
      writer.setBounds(bounds);
      return null;
    },
    write(batch) {
      const figures = writer.write(batch);
      now = batch.alive;
      schedulePruning();
      return figures;
    },
    examine() {
      writer.examine();
      return null;
    },
    close() {
      writer.close();
      return null;
    },
  };
}

function readerHandlers(): Handlers {
  return {
    ...createReader(path),
    checkpoint() {
      checkpoint(path);
      return null;
    },
  };
}
