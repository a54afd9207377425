import {
  answerWith,
  GRPC,
  headersOnly,
  message,
  OK,
  SERVING_MESSAGE,
} from "../../../helpers/grpc-servers.ts";
import { dataFrame, type Fields, headersFrame, pushFrame } from "../../../helpers/http2-frames.ts";
import type { Verdict } from "../../case.ts";
import { against, at, type GrpcCase } from "./case.ts";

const status = (code: string): Fields => [["grpc-status", code]];

const given = (
  name: string,
  verdict: Verdict,
  parts: { readonly headers?: Fields; readonly body?: Buffer; readonly trailers?: Fields },
): GrpcCase =>
  against(`answer: ${name}`, verdict, {
    onRequest: answerWith(parts.headers, parts.body, parts.trailers),
  });

const NOTHING = Buffer.alloc(0);
const http = (code: number, type?: string): Fields => [
  [":status", String(code)],
  ...(type === undefined ? [] : [["content-type", type] as const]),
];

/** An answer that is HTTP but not gRPC. */
const foreign = (code: number, type?: string): GrpcCase =>
  against(`answer: HTTP ${code} with ${type ?? "no content-type"}`, "failure", {
    onRequest: (socket, stream) =>
      void socket.write(
        Buffer.concat([
          headersFrame(stream, http(code, type)),
          dataFrame(stream, Buffer.from("<p>hello"), true),
        ]),
      ),
  });

/** Health checks at a real server. */
export const health: readonly GrpcCase[] = [
  at("health", "health: the server", "success", ""),
  at("health", "health: a service", "success", "service: shop.Orders"),
  at("health", "health: a service of another alphabet", "success", 'service: "bücher/日本"'),
  at("health", "health: a long service", "success", `service: ${"x".repeat(300)}`),
  ...[0, 2, 3].map((number) =>
    at("health", `health: serving status ${number}`, "failure", `service: status-${number}`),
  ),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16].map((code) =>
    at("health", `health: status code ${code}`, "failure", `service: code-${code}`),
  ),
  at("bare", "health: a server without the health service", "failure", ""),
  ...[-1, 10].map((number) =>
    at("health", `health: serving status ${number}`, "failure", `service: status-${number}`, {
      differs: {
        "grpc-unknown-statuses": [`- probe_grpc_healthcheck_response{serving_status="${number}"}`],
      },
    }),
  ),
];

/** Answers with odd statuses and headers. */
export const statuses: readonly GrpcCase[] = [
  given("as it should be", "success", {}),
  against("answer: only trailers", "failure", { onRequest: headersOnly([...GRPC, ...status("5")]) }),
  against("answer: only trailers, with the status OK", "failure", {
    onRequest: headersOnly([...GRPC, ...OK]),
  }),
  against("answer: only trailers, without a status", "failure", { onRequest: headersOnly(GRPC) }),
  given("no status", "failure", { trailers: [["x", "y"]] }),
  against("answer: no trailers", "failure", {
    onRequest: (socket, stream) =>
      void socket.write(
        Buffer.concat([headersFrame(stream, GRPC), dataFrame(stream, SERVING_MESSAGE, true)]),
      ),
  }),
  given("another status in the headers", "success", { headers: [...GRPC, ...status("5")] }),
  given("a status with a sign", "failure", { trailers: status("+5") }),
  given("a status with zeros before it", "failure", { body: NOTHING, trailers: status("007") }),
  given("an unknown status", "failure", { trailers: status("99") }),
  given("a negative status", "failure", { trailers: status("-1") }),
  given("a status that is no number", "failure", { trailers: status("abc") }),
  given("an empty status", "failure", { trailers: status("") }),
  given("a status with a space", "failure", { trailers: status("0x0") }),
  given("a status above 31 bits", "failure", { trailers: status("4294967296") }),
  given("a malformed status in the headers", "failure", { headers: [...GRPC, ...status("abc")] }),
  given("two statuses, the last one OK", "success", { trailers: [...status("5"), ...OK] }),
  given("two statuses, the first one OK", "failure", { trailers: [...OK, ...status("5")] }),
  given("the status OK with a text", "success", { trailers: [...OK, ["grpc-message", "hm"]] }),
  given("an error after a message", "failure", { trailers: status("14") }),
  given("a text that is badly encoded", "failure", {
    body: NOTHING,
    trailers: [...status("5"), ["grpc-message", "100%zz %41%C3%A9 %FF a%2"]],
  }),
  given("binary metadata that is not base64", "failure", { trailers: [...OK, ["x-bin", "!!!"]] }),
  given("binary metadata", "success", {
    headers: [...GRPC, ["x-bin", "AAE"]],
    trailers: [...OK, ["y-bin", "AAE="]],
  }),
  given("many headers", "success", {
    headers: [...GRPC, ...Array.from({ length: 150 }, (_, i) => [`x-${i}`, "y".repeat(60)] as const)],
  }),
  against("answer: informational headers before it", "success", {
    onRequest: (socket, stream) => {
      socket.write(headersFrame(stream, http(103)));
      answerWith()(socket, stream);
    },
  }),
  ...["application/grpc+proto", "application/grpc;charset=utf-8", "application/grpc+json"].map((type) =>
    given(`content-type ${type}`, "success", { headers: http(200, type) }),
  ),
  ...["application/grpc-web", "Application/GRPC", "application/grpcx"].map((type) =>
    given(`content-type ${type}`, "failure", { headers: http(200, type) }),
  ),
  given("HTTP 503 of gRPC, and OK", "success", { headers: http(503, "application/grpc") }),
  given("HTTP 503 of gRPC, and an error", "failure", {
    headers: http(503, "application/grpc"),
    body: NOTHING,
    trailers: status("7"),
  }),
  foreign(200, "text/html"),
  foreign(200),
  foreign(204),
  foreign(302, "text/html"),
  ...[400, 401, 403, 404, 429, 500, 502, 503, 504].map((code) => foreign(code, "text/plain")),
  against("answer: HTTP 200 of another type with a status", "failure", {
    onRequest: headersOnly([...http(200, "text/html"), ...status("7")]),
  }),
  against("answer: HTTP 503 without a type and with a status", "failure", {
    onRequest: headersOnly([...http(503), ...status("7")]),
  }),
];

const body = (
  name: string,
  verdict: Verdict,
  bytes: Buffer,
  more: Parameters<typeof given>[2] = {},
): GrpcCase => given(`body: ${name}`, verdict, { body: bytes, ...more });

/** Answers with odd bodies. */
export const bodies: readonly GrpcCase[] = [
  body("nothing", "failure", NOTHING),
  body("nothing, and an error", "failure", NOTHING, { trailers: status("3") }),
  body("an empty message", "failure", message([])),
  body("two messages", "failure", Buffer.concat([SERVING_MESSAGE, SERVING_MESSAGE])),
  body("two messages and an error", "failure", Buffer.concat([SERVING_MESSAGE, SERVING_MESSAGE]), {
    trailers: status("5"),
  }),
  body("a second message that is cut", "failure", Buffer.concat([SERVING_MESSAGE, message([8], 0, 4)])),
  body(
    "a second message that is too large",
    "failure",
    Buffer.concat([SERVING_MESSAGE, message([8], 0, 2 ** 24)]),
  ),
  body("bytes after the message", "success", Buffer.concat([SERVING_MESSAGE, Buffer.from([0, 0])])),
  body("the beginning of a prefix", "failure", Buffer.from([0, 0, 0])),
  body("the beginning of a prefix, and an error", "failure", Buffer.from([0, 0, 0]), {
    trailers: status("5"),
  }),
  body("shorter than announced", "failure", message([8, 1], 0, 10)),
  body("shorter than announced, and an error", "failure", message([8, 1], 0, 10), { trailers: status("5") }),
  body("longer than announced", "failure", message([8, 1], 0, 1)),
  body("announced as 5 MiB", "failure", message([8, 1], 0, 5 * 1024 * 1024)),
  body("announced as 4 GiB", "failure", message([8, 1], 0, 0xffffffff)),
  at("health", "body: 4 MiB", "success", `service: size-${4 * 1024 * 1024}`),
  at("health", "body: one byte above 4 MiB", "failure", `service: size-${4 * 1024 * 1024 + 1}`),
  body("compressed without an encoding", "failure", message([8, 1], 1)),
  body("compressed with gzip", "failure", message([8, 1], 1), {
    headers: [...GRPC, ["grpc-encoding", "gzip"]],
  }),
  body("compressed, and an error", "failure", message([8, 1], 1), {
    headers: [...GRPC, ["grpc-encoding", "gzip"]],
    trailers: status("5"),
  }),
  body("not compressed although there is an encoding", "success", SERVING_MESSAGE, {
    headers: [...GRPC, ["grpc-encoding", "gzip"]],
  }),
  body("an unknown flag", "failure", message([8, 1], 2)),
  body("no protobuf", "failure", message([255, 255, 255])),
  body("no protobuf, and an error", "failure", message([255]), { trailers: status("5") }),
  body("the status as a text", "failure", message([10, 1, 65])),
  body("an unknown field", "success", message([18, 1, 65, 8, 1])),
  body("the status twice", "success", message([8, 2, 8, 1])),
  body("a status above 32 bits", "success", message([8, 0x81, 0x80, 0x80, 0x80, 0x10])),
  body("a number of 11 bytes", "failure", message([8, ...Array<number>(10).fill(255), 1])),
  body("a number above 64 bits", "failure", message([8, ...Array<number>(9).fill(255), 2])),
  body("field number 0", "failure", message([8, 1, 0, 0])),
  body("a group", "success", message([0x13, 8, 5, 0x14, 8, 1])),
  body("a group without an end", "failure", message([8, 1, 0x13, 8, 5])),
  body("the end of no group", "failure", message([8, 1, 0x14])),
  body("numbers of fixed length", "success", message([8, 1, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4])),
  body("an unknown wire type", "failure", message([8, 1, 0x16])),
  body("a field that is longer than the message", "failure", message([8, 1, 0x12, 9, 1])),
  body("the highest field number", "success", message([8, 1, 0xf8, 0xff, 0xff, 0xff, 0x0f, 1])),
  body("a higher field number", "failure", message([8, 1, 0x80, 0x80, 0x80, 0x80, 0x10, 1])),
  body("a tag with useless bytes", "success", message([0x88, 0, 1])),
  against("answer: body: byte by byte", "success", {
    onRequest: (socket, stream) => {
      socket.write(headersFrame(stream, GRPC));
      for (const byte of SERVING_MESSAGE) socket.write(dataFrame(stream, Buffer.from([byte])));
      socket.write(headersFrame(stream, OK, true));
    },
  }),
];

const accepted = (code: number): Partial<GrpcCase> => ({
  differs: {
    "grpc-odd-http2": [
      'probe_grpc_healthcheck_response{serving_status="SERVING"}: 1 -> 0',
      `probe_grpc_status_code: 0 -> ${code}`,
      "probe_success: 1 -> 0",
    ],
  },
});

/** HTTP/2 that Node.js refuses. */
export const oddHttp2: readonly GrpcCase[] = [
  against("odd HTTP/2: trailers that do not end the stream", "failure", {
    onRequest: (socket, stream) =>
      void socket.write(
        Buffer.concat([
          headersFrame(stream, GRPC),
          dataFrame(stream, SERVING_MESSAGE),
          headersFrame(stream, OK),
        ]),
      ),
  }),
  against("odd HTTP/2: an upper-case name", "failure", {
    onRequest: answerWith(GRPC, SERVING_MESSAGE, [["Grpc-Status", "0"]]),
  }),
  against(
    "odd HTTP/2: no HTTP status",
    "success",
    {
      onRequest: answerWith([["content-type", "application/grpc"]]),
    },
    accepted(13),
  ),
  against(
    "odd HTTP/2: data before the headers",
    "success",
    {
      onRequest: (socket, stream) =>
        void socket.write(
          Buffer.concat([
            dataFrame(stream, SERVING_MESSAGE),
            headersFrame(stream, GRPC),
            headersFrame(stream, OK, true),
          ]),
        ),
    },
    accepted(14),
  ),
  against(
    "odd HTTP/2: a promise",
    "success",
    {
      onRequest: (socket, stream) => {
        socket.write(pushFrame(stream, 2));
        answerWith()(socket, stream);
      },
    },
    accepted(14),
  ),
];
