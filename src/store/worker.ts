import { parentPort, workerData } from "node:worker_threads";
import { writeLogBack } from "./database.ts";
import { failureOf } from "./failure.ts";
import type { Calls, WorkerReply, WorkerRequest, WorkerSetup } from "./protocol.ts";
import { createReader } from "./reader.ts";
import { createWriter } from "./writer.ts";

/** Answers one kind of request, or throws what `failureOf` reads. */
type Handlers = { [Call in keyof Calls]?: (request: Calls[Call]["request"]) => Calls[Call]["answer"] };

const { role, path } = workerData as WorkerSetup;
const handlers = role === "writer" ? writing() : reading();

parentPort?.on("message", ({ id, call, request }: WorkerRequest) => {
  const reply = (): WorkerReply => {
    try {
      const handle = handlers[call] as ((request: unknown) => unknown) | undefined;
      return { id, answer: handle?.(request) };
    } catch (error) {
      const { failure, message, lasting = false } = failureOf(error);
      return { id, failed: { failure, message, lasting } };
    }
  };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread is no window
  parentPort?.postMessage(reply());
});

function writing(): Handlers {
  const writer = createWriter(path);
  let scheduled = false;
  /** By the clock of the exporter. */
  let now = 0;
  const step = (): void => {
    scheduled = false;
    try {
      if (writer.pruneStep(now)) later();
    } catch {
      // What keeps it from removing keeps it from writing, which is where it is told.
    }
  };
  const later = (): void => {
    if (scheduled) return;
    scheduled = true;
    // A turn between two steps, so that whoever wants to write comes in.
    setImmediate(step);
  };
  return {
    open: (bounds) => writer.open(bounds),
    bounds(bounds) {
      writer.setBounds(bounds);
      return null;
    },
    write(batch) {
      const figures = writer.write(batch);
      now = batch.alive;
      later();
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

function reading(): Handlers {
  const { summaries, outages, chart, events } = createReader(path);
  return {
    summaries,
    outages,
    chart,
    events,
    writeLogBack() {
      writeLogBack(path);
      return null;
    },
  };
}
