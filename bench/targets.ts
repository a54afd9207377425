/**
 * The targets of the benchmarks, in a process of their own so that their work is not counted as the exporter's. Over
 * HTTP and HTTPS `/` answers at once and `/slow` after a fixed time; a POST streams an answer over a time that the
 * parent can ask for. Over TCP a port greets as an SSH server does.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { makeCertificate } from "../test/helpers/certificates.ts";

const TOKENS = ["HE", "AL", "THY"];
const TOKEN_EVERY_MS = 100;
const SLOW_MS = 50;

/** How long each answer took here, from the arrival of the request to its last byte, in milliseconds. */
const took: number[] = [];

/** The same for `/slow`. */
const slow: number[] = [];

function handle(req: IncomingMessage, res: ServerResponse): void {
  if (req.method === "POST") {
    req.resume();
    streamAnswer(res);
    return;
  }
  const answer = (): void => {
    res.writeHead(200, { "Content-Type": "text/plain", "Content-Length": "3" }).end("ok\n");
  };
  if (req.url?.startsWith("/slow")) {
    const begin = performance.now();
    setTimeout(() => {
      slow.push(performance.now() - begin);
      answer();
    }, SLOW_MS);
  } else answer();
}

function streamAnswer(res: ServerResponse): void {
  const begin = performance.now();
  res.writeHead(200, { "Content-Type": "text/event-stream" });
  res.flushHeaders();
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const pieces = [
    ...TOKENS.map((content) => chunk({ content }, null)),
    `${chunk({}, "stop")}data: [DONE]\n\n`,
  ];
  const next = (): void => {
    const piece = pieces.shift();
    if (piece === undefined) return;
    if (pieces.length > 0) {
      res.write(piece);
      setTimeout(next, TOKEN_EVERY_MS);
    } else {
      took.push(performance.now() - begin);
      res.end(piece);
    }
  };
  setTimeout(next, TOKEN_EVERY_MS);
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", 4096, () => resolve((server.address() as AddressInfo).port));
  });

process.on("message", () => {
  process.send?.({ took, slow });
  took.length = 0;
  slow.length = 0;
});
process.on("disconnect", () => process.exit());
const { cert, key } = makeCertificate({ names: ["IP:127.0.0.1"] });
const greeting = createTcpServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.resume().end("SSH-2.0-OpenSSH_9.9p2 Debian-1\r\n");
});
const [http, https, tcp] = await Promise.all([
  listen(createServer(handle)),
  listen(createTlsServer({ cert, key }, handle)),
  listen(greeting),
]);
process.send?.({ http, https, tcp });
