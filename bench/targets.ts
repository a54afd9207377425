/**
 * The targets of the benchmarks, in a process of their own so that their work is not counted as the exporter's:
 * `/` answers at once; `/v1/chat/completions` streams an answer over a time that it reports in its headers.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const TOKENS = ["HE", "AL", "THY"];
const TOKEN_EVERY_MS = 100;

const server = createServer((req, res) => {
  if (req.method === "POST") {
    req.resume();
    streamAnswer(res);
  } else {
    res.writeHead(200, { "Content-Type": "text/plain", "Content-Length": "3" }).end("ok\n");
  }
});

/** How long each answer took here, from the arrival of the request to its last byte, in milliseconds. */
const took: number[] = [];

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

process.on("message", () => {
  process.send?.({ took });
  took.length = 0;
});
server.listen(0, "127.0.0.1", 4096, () => process.send?.({ port: (server.address() as AddressInfo).port }));
