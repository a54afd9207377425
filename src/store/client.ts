import { Worker } from "node:worker_threads";
import { StoreError } from "./failure.ts";
import type { Calls, WorkerReply, WorkerSetup } from "./protocol.ts";

/** A worker that is asked and answers. */
export interface Client {
  /** Rejects with StoreError. */
  call<Call extends keyof Calls>(call: Call, request: Calls[Call]["request"]): Promise<Calls[Call]["answer"]>;
  /** Ends the worker; what it has not answered rejects. */
  end(): Promise<void>;
}

interface PendingCall {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: StoreError) => void;
}

/** Beside this file, which has another suffix when it is compiled. */
const ENTRY = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

/** Its young generation holds a batch or an answer, no more. */
const YOUNG_MB = 4;

/**
 * Starts the worker with the first request, and again with the next one when it has ended. It keeps the process alive only
 * while an answer is awaited.
 */
export function createClient(setup: WorkerSetup): Client {
  const waiting = new Map<number, PendingCall>();
  let lastId = 0;
  let worker: Worker | undefined;

  const lose = (gone: Worker, message: string): void => {
    if (worker !== gone) return;
    worker = undefined;
    for (const { reject } of waiting.values()) reject(new StoreError({ failure: "io", message }));
    waiting.clear();
  };

  const start = (): Worker => {
    const started = new Worker(ENTRY, {
      workerData: setup,
      name: `store ${setup.role}`,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      // Not the parent's: it may have been started with flags that are none of a worker's.
      execArgv: [],
    });
    started.on("message", (reply: WorkerReply) => {
      const asker = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (waiting.size === 0) started.unref();
      if ("failed" in reply) asker?.reject(new StoreError(reply.failed));
      else asker?.resolve(reply.answer as never);
    });
    started.on("error", (error) => lose(started, String(error)));
    started.on("exit", () => lose(started, "the worker ended"));
    return started;
  };

  return {
    call(call, request) {
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        worker ??= start();
        waiting.set(id, { resolve, reject });
        worker.ref();
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread is no window
        worker.postMessage({ id, call, request });
      });
    },
    async end() {
      const ending = worker;
      if (ending !== undefined) lose(ending, "the store is closed");
      await ending?.terminate();
    },
  };
}
