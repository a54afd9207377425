import { inSlices } from "../../core/steps.ts";
import { startThread } from "../../resources/start.ts";
import { ConfigError } from "../document/problems.ts";
import type { ProberSchema } from "./checked-config.ts";
import type { ConfigText } from "./config-document.ts";
import type { OpenDocument } from "./open-document.ts";
import { decodeParts } from "./parts.ts";
import type { Calls, WorkerReply } from "./protocol.ts";

/** How a worker is started. */
export interface WorkerSettings {
  /** The module that calls `serveDocument`. */
  readonly entry: URL;
  /** Largest heap of the worker in MiB; without one, Node.js bounds it by the memory of the machine or container. */
  readonly memory?: number;
}

/**
 * Parses a configuration in a worker, which ends with `close`.
 * @returns rejects with ConfigError if the syntax is broken, or the worker ended
 */
export async function openRemoteDocument(
  config: ConfigText,
  settings: WorkerSettings,
): Promise<OpenDocument> {
  const worker = startWorker(config.name, settings);
  try {
    const plugins = await worker.call("open", config);
    return {
      plugins: () => plugins,
      async check(probers) {
        const { parts, ...checked } = await worker.call("check", probers.map(schemaOf));
        return { ...checked, raw: await inSlices(decodeParts(parts)) };
      },
      conclude: (remarks, hints) => worker.call("conclude", { remarks, hints }),
      close: () => worker.end(),
    };
  } catch (error) {
    await worker.end();
    throw error;
  }
}

/**
 * Redacts a configuration in a worker.
 * @returns rejects with ConfigError if the worker ended
 */
export async function redactRemotely(
  config: ConfigText,
  probers: readonly ProberSchema[],
  settings: WorkerSettings,
): Promise<string> {
  const worker = startWorker(config.name, settings);
  try {
    return await worker.call("redact", { config, probers: probers.map(schemaOf) });
  } finally {
    await worker.end();
  }
}

/** Returns the part of a prober that is plain data. */
const schemaOf = ({ kind, schema }: ProberSchema): ProberSchema => ({ kind, schema });

/** A worker that makes one call at a time. */
interface DocumentWorker {
  call<Call extends keyof Calls>(call: Call, request: Calls[Call]["request"]): Promise<Calls[Call]["answer"]>;
  end(): Promise<void>;
}

/** A call that has no reply yet. */
interface PendingCall {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

function startWorker(name: string, { entry, memory }: WorkerSettings): DocumentWorker {
  let pending: PendingCall | undefined;
  let ended: ConfigError | undefined;
  const worker = startThread(entry, {
    name: "configuration",
    ...(memory === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: memory } }),
  });
  const settle = (): PendingCall | undefined => {
    const call = pending;
    pending = undefined;
    return call;
  };
  const fail = (got: string, want: string, cause?: unknown): void => {
    ended ??= new ConfigError([{ place: name, path: "", got, want }], { cause });
    settle()?.reject(ended);
  };
  worker.on("message", (reply: WorkerReply) => {
    const call = settle();
    if (reply.kind === "answer") call?.resolve(reply.answer as never);
    else if (reply.kind === "bug") call?.reject(reply.error);
    else call?.reject(new ConfigError(reply.problems, { hints: reply.hints }));
  });
  worker.on("error", (error) => {
    const outOfMemory = "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
    if (outOfMemory) fail("more than fits into memory", "a smaller file, or more memory", error);
    else fail(`a failure of the thread that reads it: ${error.message}`, "a file that can be read", error);
  });
  worker.on("exit", () => fail("an end of the thread that reads it", "a file that can be read"));
  return {
    call: (call, request) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) {
          reject(ended);
          return;
        }
        pending = { resolve, reject };
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread is no window
        worker.postMessage({ call, request });
      }),
    end: async () => void (await worker.terminate()),
  };
}
