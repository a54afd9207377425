// oxlint-disable unicorn/require-post-message-target-origin -- threads have no origin, windows have
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

/** Send times of the tokens, in milliseconds after the arrival of the request. */
export type Plan = readonly number[];

/**
 * Starts a server that streams tokens by `plan`, in a thread of its own: in the measuring thread it would send late
 * whenever that thread is busy, and the measured times would look too good.
 */
export async function startPacedServer(plan: Plan): Promise<{
  readonly address: string;
  readonly late: () => Promise<number>;
  readonly stop: () => Promise<number>;
}> {
  const worker = new Worker(new URL(import.meta.url));
  const next = (): Promise<unknown> => new Promise((resolve) => worker.once("message", resolve));
  const listening = next();
  worker.postMessage(plan);
  return {
    address: `http://127.0.0.1:${String(await listening)}`,
    late: async () => {
      const late = next();
      worker.postMessage("late");
      return Number(await late);
    },
    stop: () => worker.terminate(),
  };
}

/** One chunk of a streamed answer, rendered in advance. */
const TOKEN = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "HEALTHY " } }] })}\n\n`;
const END = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`;

function serveByPlan(plan: Plan): void {
  /** Largest delay of a token, in milliseconds. */
  let late = 0;
  const server = createServer((request, response) => {
    const start = performance.now();
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    response.on("error", () => undefined);
    const send = (i: number): void => {
      const at = plan[i];
      if (at === undefined) {
        response.end(END);
        return;
      }
      const run = (): void => {
        late = Math.max(late, performance.now() - start - at);
        response.write(TOKEN);
        send(i + 1);
      };
      setTimeout(run, Math.max(0, at - (performance.now() - start)));
    };
    send(0);
  });
  server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));
  parentPort?.on("message", () => parentPort?.postMessage(late));
}

if (!isMainThread) parentPort?.once("message", serveByPlan);
