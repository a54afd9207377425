import type { Worker } from "node:worker_threads";
import { moduleUrl, startThread } from "../resources/start.ts";
import { StoreError } from "./failure.ts";
import type { Calls, WorkerReply, WorkerSetup } from "./protocol.ts";

/** The main thread's side of a worker. */
export interface Client {
  /** Calls the worker. Rejects with a StoreError. */
  call<Call extends keyof Calls>(call: Call, request: Calls[Call]["request"]): Promise<Calls[Call]["answer"]>;
  /** Terminates the worker; pending calls reject. */
  end(): Promise<void>;
}

interface PendingCall {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: StoreError) => void;
}

/** The worker's module. */
const ENTRY = moduleUrl("./worker", import.meta.url);

/** Size of the worker's young generation: enough for one batch or answer. */
const YOUNG_MB = 4;

/**
 * Creates a client. The worker starts with the first call, and again with the next call after it has ended. It keeps the
 * process alive only while a call is pending.
 */
export function createClient(setup: WorkerSetup): Client {
  const pending = new Map<number, PendingCall>();
  let lastId = 0;
  let worker: Worker | undefined;

  const handleEnd = (ended: Worker, message: string): void => {
    if (worker !== ended) return;
    worker = undefined;
    for (const { reject } of pending.values()) reject(new StoreError({ failure: "io", message }));
    pending.clear();
  };

  const start = (): Worker => {
    const started = startThread(ENTRY, {
      workerData: setup,
      name: `store ${setup.role}`,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    started.on("message", (reply: WorkerReply) => {
      const call = pending.get(reply.id);
      pending.delete(reply.id);
      if (pending.size === 0) started.unref();
      if ("failed" in reply) call?.reject(new StoreError(reply.failed));
      else call?.resolve(reply.answer as never);
    });
    started.on("error", (error) => handleEnd(started, String(error)));
    started.on("exit", () => handleEnd(started, "the worker ended"));
    return started;
  };

  return {
    call(call, request) {
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        worker ??= start();
        pending.set(id, { resolve, reject });
        worker.ref();
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread is no window
        worker.postMessage({ id, call, request });
      });
    },
    async end() {
      const ending = worker;
      if (ending !== undefined) handleEnd(ending, "the store is closed");
      await ending?.terminate();
    },
  };
}
