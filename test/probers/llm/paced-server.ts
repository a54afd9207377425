// oxlint-disable unicorn/require-post-message-target-origin -- threads have no origin, windows have
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

/** When and to how many requests the server sends tokens. */
export interface Plan {
  /** The server begins when this many requests have arrived. */
  readonly requests: number;
  /** Milliseconds from that moment to the first token of the first request, and from each request to the next. */
  readonly first: number;
  readonly apart: number;
  /** Milliseconds between the tokens of one response. */
  readonly gaps: readonly number[];
}

/** What the server knows about its own times, in milliseconds. */
export interface Pace {
  /** By the path of the request: planned time from its arrival to its first token. */
  readonly first: ReadonlyMap<string, number>;
  /** By the path of the request: the most by which a token was sent late. */
  readonly late: ReadonlyMap<string, number>;
}

/**
 * Starts a server that streams tokens by `plan`, in a thread of its own: in the measuring thread it would send late
 * whenever that thread is busy, and the measured times would look too good.
 */
export async function startPacedServer(plan: Plan): Promise<{
  readonly address: string;
  readonly pace: () => Promise<Pace>;
  readonly stop: () => Promise<number>;
}> {
  const worker = new Worker(new URL(import.meta.url));
  const next = (): Promise<unknown> => new Promise((resolve) => worker.once("message", resolve));
  const listening = next();
  worker.postMessage(plan);
  return {
    address: `http://127.0.0.1:${String(await listening)}`,
    pace: async () => {
      const pace = next();
      worker.postMessage("pace");
      return (await pace) as Pace;
    },
    stop: () => worker.terminate(),
  };
}

/** One chunk of a streamed answer, rendered in advance. */
const TOKEN = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "HEALTHY " } }] })}\n\n`;
const END = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`;

function serveByPlan({ requests, first, apart, gaps }: Plan): void {
  const waiting: { path: string; arrived: number; response: ServerResponse }[] = [];
  const pace = { first: new Map<string, number>(), late: new Map<string, number>() };

  const stream = (path: string, response: ServerResponse, due: number, left: readonly number[]): void => {
    const send = (): void => {
      pace.late.set(path, Math.max(pace.late.get(path) ?? 0, performance.now() - due));
      response.write(TOKEN);
      const [gap, ...rest] = left;
      if (gap === undefined) response.end(END);
      else stream(path, response, due + gap, rest);
    };
    setTimeout(send, Math.max(0, due - performance.now()));
  };

  const server = createServer((request, response) => {
    const arrived = performance.now();
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    response.on("error", () => undefined);
    waiting.push({ path: request.url ?? "", arrived, response });
    if (waiting.length < requests) return;
    const begin = performance.now();
    for (const [i, each] of waiting.entries()) {
      const due = begin + first + i * apart;
      pace.first.set(each.path, due - each.arrived);
      stream(each.path, each.response, due, gaps);
    }
  });
  server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));
  parentPort?.on("message", () => parentPort?.postMessage(pace));
}

if (!isMainThread) parentPort?.once("message", serveByPlan);
