import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { HOSTILE_TEXTS } from "../helpers/hostile.ts";

/** A target that answers every connection, and every datagram, with the next of a list of answers. */
export interface FuzzedTarget extends AsyncDisposable {
  readonly tcpPort: number;
  readonly udpPort: number;
  /** Replaces the answers. */
  answer(next: readonly Buffer[]): void;
}

/** Starts a target that says nothing until it has answers. */
export async function serveFuzzed(): Promise<FuzzedTarget> {
  let answers: readonly Buffer[] = [];
  let count = 0;
  const next = (): Buffer => answers[count++ % Math.max(1, answers.length)] ?? Buffer.alloc(0);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    // A banner for protocols in which the server speaks first; the rest once it was asked.
    const answer = next();
    if (count % 2 === 0) socket.write(answer);
    socket.once("data", () => socket.end(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const datagrams = createSocket("udp4", (question, { port, address }) => {
    const answer = next();
    // With the id and the question of the request, so that the rest is read.
    const reply = count % 2 === 0 ? answer : Buffer.concat([question, answer]);
    if (count % 2 === 1 && reply.length > 3) reply[2] = 0x81;
    datagrams.send(reply.subarray(0, 8000), port, address, () => {});
  });
  datagrams.on("error", () => {});
  datagrams.bind(0, "127.0.0.1");
  await once(datagrams, "listening");
  const at = server.address();
  if (at === null || typeof at === "string") throw new Error("a TCP server without a port");
  return {
    tcpPort: at.port,
    udpPort: datagrams.address().port,
    answer(list) {
      answers = list;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      datagrams.close();
      server.close();
      await once(server, "close");
    },
  };
}

/** Texts that parsers stumble over. */
export const TEXTS: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom(...Object.values(HOSTILE_TEXTS).map((text) => text.slice(0, 300))),
  fc.constantFrom(
    "",
    " ",
    "0",
    "-1",
    "NaN",
    "Infinity",
    "1e999",
    "9".repeat(400),
    "null",
    "__proto__",
    "constructor",
  ),
);

/** Times and numbers at and beyond what clocks, timers and files take. */
export const NUMBERS: fc.Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(
    0,
    -0,
    2 ** 31,
    2 ** 53,
    1e15,
    -1e15,
    8.64e15,
    8.64e12,
    253402300800,
    1e308,
    -1e308,
    5e-324,
  ),
);

const KEYS = [
  "choices",
  "message",
  "delta",
  "content",
  "text",
  "role",
  "tool_calls",
  "function",
  "arguments",
  "finish_reason",
  "usage",
  "prompt_tokens",
  "completion_tokens",
  "input_tokens",
  "output_tokens",
  "model",
  "error",
  "code",
  "type",
  "status",
  "data",
  "embedding",
  "candidates",
  "parts",
  "output",
  "response",
  "done",
  "reset",
  "retry_after",
  "id",
  "index",
  "__proto__",
  "toString",
  "access_token",
  "expires_in",
  "token_type",
  "eval_count",
  "prompt_eval_count",
  "generations",
  "id_slot",
  "details",
] as const; // prettier-ignore

/** JSON in which the names that parsers look for hold anything. */
export const { json: JSONS } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", maxDepth: 5 },
    TEXTS,
    NUMBERS,
    fc.constantFrom(null, true, false),
    fc.array(tie("json"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom<string>(...KEYS), tie("json"), { maxKeys: 6 }),
  ),
}));

const BODIES: fc.Arbitrary<Buffer> = fc.oneof(
  JSONS.map((json) => Buffer.from(JSON.stringify(json))),
  JSONS.map((json) => Buffer.from(`data: ${JSON.stringify(json)}\n\ndata: [DONE]\n\n`)),
  fc
    .array(JSONS, { maxLength: 3 })
    .map((all) => Buffer.from(all.map((one) => `${JSON.stringify(one)}\n`).join(""))),
  TEXTS.map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  JSONS.map((json) => gzipSync(JSON.stringify(json)).subarray(0, 60)),
);

const HEADERS = fc.array(
  fc.tuple(
    fc.constantFrom(
      "Retry-After",
      "Location",
      "Set-Cookie",
      "Content-Encoding",
      "Content-Length",
      "Transfer-Encoding",
      "Content-Type",
      "Date",
      "Last-Modified",
      "ETag",
      "X-RateLimit-Reset-Requests",
      "X-RateLimit-Remaining-Tokens",
      "anthropic-ratelimit-tokens-reset",
      "Connection",
      "Upgrade",
      "Sec-WebSocket-Accept",
      "Content-Range",
      "grpc-status",
      "X-Served-By",
      "Via",
    ), // prettier-ignore
    fc.oneof(
      TEXTS,
      NUMBERS.map(String),
      fc.constantFrom(
        "chunked",
        "gzip",
        "br",
        "deflate, gzip",
        "zstd",
        "http://169.254.169.254/",
        "//",
        "/%zz",
        "file:///etc/passwd",
        "http://[",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "999999999999999999999",
        "1e400s",
        "close",
        "websocket",
        "a=b; Expires=Fri, 31 Dec 275760 23:59:59 GMT; Max-Age=99999999999999999999",
        "application/json",
        "text/event-stream",
        "bytes 0-18446744073709551616/18446744073709551617",
        "1y",
        "99999999999999y",
        "application/vnd.amazon.eventstream",
      ), // prettier-ignore
    ),
  ),
  { maxLength: 5 },
);

/** One answer of a target: an HTTP response that is nearly one, or any bytes. */
export const ANSWERS: fc.Arbitrary<Buffer> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          "200",
          "200",
          "200",
          "204",
          "206",
          "301",
          "302",
          "308",
          "401",
          "404",
          "416",
          "429",
          "500",
          "503",
          "999",
          "1",
          "x",
        ),
        HEADERS,
        BODIES,
      ) // prettier-ignore
      .map(([status, headers, body]) => {
        const lines = headers.map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]/g, " ")}\r\n`);
        return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Any\r\n${lines.join("")}\r\n`), body]);
      }),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: TEXTS.map((text) => Buffer.from(`${text}\r\n`)) },
);
