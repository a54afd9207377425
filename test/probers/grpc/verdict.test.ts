import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { openSession } from "../../../src/probers/grpc/session.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import {
  answerWith,
  type FrameServer,
  GRPC,
  headersOnly,
  message,
  OK,
  SERVING_MESSAGE,
  serverCredentials,
  startFrameServer,
  startHealthServer,
} from "../../helpers/grpc-servers.ts";
import { dataFrame, goawayFrame, headersFrame, resetFrame } from "../../helpers/http2-frames.ts";
import { detailOf, verdictOf } from "../../helpers/probing.ts";
import { probe } from "./probe.ts";

const cases: readonly (readonly [reason: string, detail: string, server: FrameServer])[] = [
  [
    "grpc_status",
    "the server answered PERMISSION_DENIED (7): go away",
    { onRequest: headersOnly([...GRPC, ["grpc-status", "7"], ["grpc-message", "go%20away"]]) },
  ],
  [
    "grpc_status",
    'the server answered NOT_FOUND (5); its health service does not know the service ""',
    { onRequest: headersOnly([...GRPC, ["grpc-status", "5"]]) },
  ],
  [
    "grpc_status",
    "the server answered the unknown code 99: two\\nlines",
    { onRequest: headersOnly([...GRPC, ["grpc-status", "99"], ["grpc-message", "two%0Alines"]]) },
  ],
  [
    "http_status",
    "no answer of gRPC but HTTP status 503 with content-type text/html; a proxy or another server may have answered",
    {
      onRequest: headersOnly([
        [":status", "503"],
        ["content-type", "text/html"],
      ]),
    },
  ],
  [
    "malformed",
    "no answer of gRPC but HTTP status 200 without content-type; a proxy or another server may have answered",
    { onRequest: headersOnly([[":status", "200"]]) },
  ],
  ["malformed", "an answer without grpc-status", { onRequest: headersOnly(GRPC) }],
  [
    "malformed",
    'the answer has grpc-status "zero", want a number',
    { onRequest: answerWith(GRPC, SERVING_MESSAGE, [["grpc-status", "zero"]]) },
  ],
  [
    "malformed",
    "the answer has a value of trace-bin that is not base64",
    { onRequest: answerWith(GRPC, SERVING_MESSAGE, [...OK, ["trace-bin", "!"]]) },
  ],
  [
    "malformed",
    "the answer has grpc-status 0 and no message",
    { onRequest: answerWith(GRPC, Buffer.alloc(0)) },
  ],
  [
    "malformed",
    "the answer has more than one message, want one",
    { onRequest: answerWith(GRPC, Buffer.concat([SERVING_MESSAGE, SERVING_MESSAGE])) },
  ],
  [
    "malformed",
    "the answer has a compressed message (grpc-encoding gzip)",
    { onRequest: answerWith([...GRPC, ["grpc-encoding", "gzip"]], message([8, 1], 1)) },
  ],
  [
    "malformed",
    "the answer has a message that ends 8 bytes too early",
    { onRequest: answerWith(GRPC, message([8, 1], 0, 10)) },
  ],
  [
    "malformed",
    "the answer has a message that is no HealthCheckResponse",
    { onRequest: answerWith(GRPC, message([255])) },
  ],
  [
    "malformed",
    "the answer ended without trailers",
    {
      onRequest: (socket, stream) =>
        void socket.write(
          Buffer.concat([headersFrame(stream, GRPC), dataFrame(stream, SERVING_MESSAGE, true)]),
        ),
    },
  ],
  [
    "too_large",
    "the answer has a message of 5242880 bytes, want at most 4194304",
    { onRequest: answerWith(GRPC, message([8, 1], 0, 5 * 1024 * 1024)) },
  ],
  [
    "network",
    "the stream was reset with ENHANCE_YOUR_CALM",
    { onRequest: (socket, stream) => void socket.write(resetFrame(stream, 11)) },
  ],
  [
    "network",
    "the server is closing the connection",
    { onRequest: (socket) => void socket.write(goawayFrame(0, 0)) },
  ],
  [
    "network",
    "the server closed the connection with ENHANCE_YOUR_CALM",
    { onRequest: (socket) => void socket.write(goawayFrame(0, 11)) },
  ],
  [
    "network",
    "the server closed the connection without an answer",
    { onRequest: (socket) => void socket.end() },
  ],
  [
    "malformed",
    "the server does not speak HTTP/2: Protocol error (ERR_HTTP2_ERROR)",
    { greeting: Buffer.from("SSH-2.0-OpenSSH_9.2\r\n") },
  ],
];

test.each(cases)("%s: %s", async (reason, detail, frames) => {
  await using server = await startFrameServer(frames);
  const result = await probe(`127.0.0.1:${server.port}`);
  expect([verdictOf(result), detailOf(result)]).toEqual([reason, detail]);
});

test("a server that is not serving is named, and so is its service", async () => {
  await using server = await startHealthServer((service) => (service === "odd" ? 10 : 2));
  const details = await Promise.all(
    ["", "shop.Orders", "odd"].map(async (service) =>
      detailOf(await probe(`127.0.0.1:${server.port}`, { service })),
    ),
  );
  expect(details).toEqual([
    "the server is NOT_SERVING, want SERVING",
    'the service "shop.Orders" is NOT_SERVING, want SERVING',
    'the service "odd" is of the unknown status 10, want SERVING',
  ]);
});

test("a server without the health service", async () => {
  await using server = await startHealthServer(() => 1, { withService: false });
  expect(detailOf(await probe(`127.0.0.1:${server.port}`))).toMatch(
    /UNIMPLEMENTED \(12\): .*; it may not have the service grpc\.health\.v1\.Health$/,
  );
});

test("TLS: without a client certificate, and without ALPN", async () => {
  const certificate = makeCertificate({ names: ["IP:127.0.0.1"] });
  const trust = { tls: true, tls_config: { ca: certificate.cert } };
  await using strict = await startHealthServer(() => 1, {
    credentials: serverCredentials(certificate, certificate.cert),
  });
  expect(verdictOf(await probe(`127.0.0.1:${strict.port}`, trust))).toBe("tls");
  await using old = await startFrameServer({ tls: { ...certificate, ALPNProtocols: [] } });
  expect(detailOf(await probe(`127.0.0.1:${old.port}`, trust))).toBe(
    "the server did not choose h2 by ALPN, which gRPC over TLS requires",
  );
});

test("a connection that is closed before the call", async () => {
  await using server = await startFrameServer({});
  const socket = connect(server.port, "127.0.0.1");
  await once(socket, "connect");
  socket.destroy();
  const session = openSession(socket);
  const guard = { signal: AbortSignal.timeout(5000), clock: systemClock, cut: undefined };
  const call = { headers: [":path", "/"], body: Buffer.alloc(5), service: "" };
  expect(await session.call(call, guard, () => undefined)).toMatchObject({
    ok: false,
    reason: "network",
    code: 14,
    unprocessed: false,
  });
  session.close();
});

test("a call that was refused unseen is made once more, on the same connection or another", async () => {
  await using refusing = await startFrameServer({
    onRequest: (socket, stream, request) =>
      request === 1 ? void socket.write(resetFrame(stream, 7)) : answerWith()(socket, stream),
  });
  expect(verdictOf(await probe(`127.0.0.1:${refusing.port}`))).toBe("success");
  expect(refusing.connections()).toBe(1);
  await using leaving = await startFrameServer({
    onRequest: (socket, stream, request) =>
      request === 1 ? void socket.write(goawayFrame(0, 0)) : answerWith()(socket, stream),
  });
  expect(verdictOf(await probe(`127.0.0.1:${leaving.port}`))).toBe("success");
  expect(leaving.connections()).toBe(2);
});
