import type { Worker } from "node:worker_threads";
import { moduleUrl, startThread } from "../../resources/start.ts";
import { responseMemory } from "../response-memory.ts";
import type { Procedure, ProcedureCall, ProcedureReply } from "./procedure.ts";

/**
 * The end of work that has no result: `late` if it was not finished when the signal aborted, `too_large` if the thread has not
 * enough memory for it.
 */
export type Unfinished = "late" | "too_large";

/** Idle time after which the thread ends, to free its memory, in milliseconds. */
const IDLE_MS = 30_000;

/** Smallest heap of the thread in MiB. */
const LEAST_HEAP = 96;

const ENTRY = moduleUrl("./worker", import.meta.url);

interface Job {
  readonly call: ProcedureCall;
  /** The memory that moves to the thread. */
  readonly transfer: readonly ArrayBuffer[];
  readonly settle: (reply: ProcedureReply | Unfinished) => void;
}

const waiting = new Set<Job>();
let running: Job | undefined;
let worker: Worker | undefined;
let idle: NodeJS.Timeout | undefined;

/**
 * Runs a procedure beside the event loop, in one thread for the whole process, one after the other. The memory of the bytes, which
 * must be theirs alone, moves to the thread. Work that is not finished when the signal aborts is stopped, so that no expression holds up the others for longer
 * than its probe may take. Rejects only for bugs.
 */
export async function inspect<Input extends { readonly bytes: Uint8Array }, Output>(
  { module }: Procedure<Input, Output>,
  input: Input,
  signal: AbortSignal,
): Promise<{ readonly output: Output } | Unfinished> {
  const { buffer } = input.bytes;
  const reply = await new Promise<ProcedureReply | Unfinished>((resolve) => {
    if (signal.aborted) return resolve("late");
    const onAbort = (): void => {
      if (running === job) dropWorker();
      job.settle("late");
    };
    const job: Job = {
      call: { module: module.href, input },
      transfer: buffer instanceof ArrayBuffer ? [buffer] : [],
      settle(answer) {
        signal.removeEventListener("abort", onAbort);
        waiting.delete(job);
        if (running === job) running = undefined;
        resolve(answer);
        startNext();
      },
    };
    signal.addEventListener("abort", onAbort, { once: true });
    waiting.add(job);
    return startNext();
  });
  if (typeof reply === "string") return reply;
  if (reply.kind === "bug") throw reply.error;
  return { output: reply.output as Output };
}

function startNext(): void {
  if (running !== undefined) return;
  const [next] = waiting;
  if (next === undefined) return rest();
  clearTimeout(idle);
  waiting.delete(next);
  running = next;
  worker ??= startWorker();
  // A probe of the command line waits for the thread, and nothing else keeps the process alive.
  worker.ref();
  worker.postMessage(next.call, next.transfer);
}

/** Lets the process end, and ends the thread if it is not used for long. */
function rest(): void {
  worker?.unref();
  clearTimeout(idle);
  idle = setTimeout(dropWorker, IDLE_MS);
  idle.unref();
}

function dropWorker(): void {
  const ending = worker;
  worker = undefined;
  ending?.removeAllListeners();
  void ending?.terminate();
}

function startWorker(): Worker {
  const heap = Math.max(LEAST_HEAP, (2 * responseMemory.total()) / 2 ** 20);
  const started = startThread(ENTRY, {
    name: "inspection",
    resourceLimits: { maxOldGenerationSizeMb: heap, maxYoungGenerationSizeMb: 8 },
  });
  const fail = (reply: ProcedureReply | Unfinished): void => {
    if (worker === started) dropWorker();
    running?.settle(reply);
  };
  started.on("message", (reply: ProcedureReply) => running?.settle(reply));
  started.on("error", (error) => {
    const outOfMemory = "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
    fail(outOfMemory ? "too_large" : { kind: "bug", error });
  });
  started.on("exit", () => fail({ kind: "bug", error: new Error("the inspection thread ended") }));
  return started;
}
