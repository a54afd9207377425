import { parentPort } from "node:worker_threads";
import type { ProcedureCall, ProcedureReply } from "./procedure.ts";

/*
 * The thread that works on long texts: RE2 takes linear time, which is seconds for 60 MB, and an expression over JSON may take
 * any time. In the main thread no probe could be timed meanwhile.
 */

async function replyTo({ module, input }: ProcedureCall): Promise<ProcedureReply> {
  try {
    const { run } = (await import(module)) as { run: (input: object) => unknown };
    return { kind: "done", output: run(input) };
  } catch (error) {
    return { kind: "bug", error };
  }
}

parentPort?.on("message", (call: ProcedureCall) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
  void replyTo(call).then((reply) => parentPort?.postMessage(reply));
});
