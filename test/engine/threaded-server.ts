// oxlint-disable unicorn/require-post-message-target-origin -- threads have no origin, windows have
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import type { SecureVersion } from "node:tls";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { makeCertificate } from "../helpers/certificates.ts";
import { startDnsServer } from "../helpers/dns-server.ts";

/** Times of the server, in milliseconds. */
export interface Pace {
  /** From the arrival of a request to the first byte of the response. */
  readonly first: number;
  /** From then to its last byte. */
  readonly rest: number;
}

/** Servers in a thread of their own, whose times do not depend on the thread of the test. */
export interface ThreadedServer extends AsyncDisposable {
  /** URLs without a path, by the kind of connection. */
  readonly urls: Readonly<Record<"http" | "https" | "oldTls" | "silent", string>>;
  /** Port of a name server that answers each question with 127.0.0.1, as late as `first` says. */
  readonly dnsPort: number;
  /** Returns how long each response took the server, by the path of its request. */
  took(): Promise<ReadonlyMap<string, ResponseTimes>>;
}

/** Milliseconds from the arrival of a request to the first byte of its response, and to the last one. */
export interface ResponseTimes {
  readonly first: number;
  readonly all: number;
}

/** Starts the servers. A GET has a plain response, and a POST the stream of a model that answers `HEALTHY`. */
export async function startThreadedServer(pace: Pace): Promise<ThreadedServer> {
  const worker = new Worker(new URL(import.meta.url));
  const next = <Message>(): Promise<Message> => new Promise((resolve) => worker.once("message", resolve));
  const listening = next<Pick<ThreadedServer, "urls" | "dnsPort">>();
  worker.postMessage(pace);
  return {
    ...(await listening),
    took() {
      const took = next<ReadonlyMap<string, ResponseTimes>>();
      worker.postMessage("took");
      return took;
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

const TOKENS = ["HE", "AL", "T", "HY"];
const event = (content: string, finish: string | null): string =>
  `data: ${JSON.stringify({ model: "m", choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;
const STREAM = [...TOKENS.map((token) => event(token, null)), `${event("", "stop")}data: [DONE]\n\n`];
const PLAIN = ["a", "b", "c", "d", "e"];

async function serve({ first, rest }: Pace): Promise<void> {
  const took = new Map<string, ResponseTimes>();
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const arrived = performance.now();
    const path = request.url ?? "";
    request.resume();
    const isPrompt = request.method === "POST";
    const pieces = isPrompt ? STREAM : PLAIN;
    const send = (i: number): void => {
      const last = i === pieces.length - 1;
      const now = performance.now() - arrived;
      took.set(path, { first: took.get(path)?.first ?? now, all: now });
      if (last) response.end(pieces[i]);
      else response.write(pieces[i]);
      if (!last) setTimeout(send, rest / (pieces.length - 1), i + 1);
    };
    response.on("error", () => undefined);
    setTimeout(() => {
      response.writeHead(200, { "content-type": isPrompt ? "text/event-stream" : "text/plain" });
      send(0);
    }, first);
  };
  const { cert, key } = makeCertificate({ names: ["IP:127.0.0.1", "DNS:localhost"] });
  const tls = (maxVersion: SecureVersion): Server => createTlsServer({ cert, key, maxVersion }, handle);
  const listen = async (server: Server): Promise<number> => {
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };
  const [http, https, oldTls, silent] = await Promise.all([
    listen(createServer(handle)),
    listen(tls("TLSv1.3")),
    listen(tls("TLSv1.2")),
    listen(createServer(() => undefined)),
  ]);
  const dns = await startDnsServer(() => ({ after: first, addresses: ["127.0.0.1"] }));
  parentPort?.on("message", () => parentPort?.postMessage(took));
  parentPort?.postMessage({
    urls: {
      http: `http://127.0.0.1:${http}`,
      https: `https://127.0.0.1:${https}`,
      oldTls: `https://127.0.0.1:${oldTls}`,
      silent: `http://127.0.0.1:${silent}`,
    },
    dnsPort: dns.port,
  });
}

if (!isMainThread) parentPort?.once("message", (pace: Pace) => void serve(pace));
