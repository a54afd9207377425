import type { Socket } from "node:net";
import { answerWith, GRPC, SERVING_MESSAGE } from "../../../helpers/grpc-servers.ts";
import {
  dataFrame,
  frame,
  goawayFrame,
  greeting,
  headersFrame,
  resetFrame,
  settingsFrame,
} from "../../../helpers/http2-frames.ts";
import { certificates } from "../../targets/certificates.ts";
import { against, type GrpcCase } from "./case.ts";

const serve = answerWith();

/** Does something at the first requests, and then serves. */
const first =
  (times: number, spoil: (socket: Socket, stream: number) => void) =>
  (socket: Socket, stream: number, request: number): void =>
    request <= times ? spoil(socket, stream) : serve(socket, stream);

const always = Number.POSITIVE_INFINITY;

/** Streams that servers reset. */
export const resets: readonly GrpcCase[] = [
  ...[0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 99].map((code) =>
    against(`reset: with ${code}`, "failure", {
      onRequest: (socket, stream) => void socket.write(resetFrame(stream, code)),
    }),
  ),
  against("reset: with REFUSED_STREAM, once", "success", {
    onRequest: first(1, (socket, stream) => void socket.write(resetFrame(stream, 7))),
  }),
  against("reset: with REFUSED_STREAM, twice", "failure", {
    onRequest: first(2, (socket, stream) => void socket.write(resetFrame(stream, 7))),
  }),
  ...[0, 2, 8].map((code) =>
    against(`reset: with ${code} after the message`, "failure", {
      onRequest: (socket, stream) =>
        void socket.write(
          Buffer.concat([
            headersFrame(stream, GRPC),
            dataFrame(stream, SERVING_MESSAGE),
            resetFrame(stream, code),
          ]),
        ),
    }),
  ),
  against("reset: with CANCEL after the headers", "failure", {
    onRequest: (socket, stream) =>
      void socket.write(Buffer.concat([headersFrame(stream, GRPC), resetFrame(stream, 8)])),
  }),
  ...[0, 8].map((code) =>
    against(`reset: with ${code} after the trailers`, "success", {
      onRequest: (socket, stream) => {
        socket.cork();
        serve(socket, stream);
        socket.write(resetFrame(stream, code));
        socket.uncork();
      },
    }),
  ),
];

/** Connections that servers close. */
export const closings: readonly GrpcCase[] = [
  against("closing: GOAWAY before the call, once", "success", {
    onRequest: first(1, (socket) => void socket.write(goawayFrame(0, 0))),
  }),
  against("closing: GOAWAY before the call and the end of the connection, once", "success", {
    onRequest: first(1, (socket) => void socket.end(goawayFrame(0, 0))),
  }),
  against("closing: GOAWAY before the call, with ENHANCE_YOUR_CALM, once", "success", {
    onRequest: first(1, (socket) => void socket.end(goawayFrame(0, 11))),
  }),
  against("closing: GOAWAY before the call, always", "failure", {
    onRequest: first(always, (socket) => void socket.write(goawayFrame(0, 0))),
  }),
  against("closing: GOAWAY with the settings, once", "success", {
    greeting: (socket, connection) =>
      void (connection === 1
        ? socket.end(Buffer.concat([greeting, goawayFrame(0, 0)]))
        : socket.write(greeting)),
    onRequest: serve,
  }),
  against("closing: GOAWAY instead of the settings", "failure", { greeting: goawayFrame(0, 0) }),
  against("closing: GOAWAY after the call was taken, and an answer", "success", {
    onRequest: (socket, stream) => {
      socket.write(goawayFrame(2 ** 31 - 1, 0));
      setTimeout(() => {
        socket.write(goawayFrame(stream, 0));
        serve(socket, stream);
      }, 20);
    },
  }),
  against("closing: GOAWAY after the call was taken, and the end", "failure", {
    onRequest: (socket, stream) => void socket.end(goawayFrame(stream, 0)),
  }),
  against("closing: the end after the settings", "failure", {
    greeting: (socket) => void socket.end(greeting),
  }),
  against("closing: the end after the call, once", "failure", {
    onRequest: first(1, (socket) => void socket.end()),
  }),
  against("closing: the end in a message", "failure", {
    onRequest: (socket, stream) =>
      void socket.end(
        Buffer.concat([headersFrame(stream, GRPC), dataFrame(stream, SERVING_MESSAGE.subarray(0, 6))]),
      ),
  }),
  against("closing: a reset of the connection after the call", "failure", {
    onRequest: (socket) => void socket.resetAndDestroy(),
  }),
  against("closing: the end at once", "failure", { greeting: (socket) => void socket.destroy() }),
];

/** Servers of other protocols, and broken ones. */
export const strangers: readonly GrpcCase[] = [
  against("stranger: HTTP/1.1", "failure", {
    greeting: (socket) =>
      void socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")),
  }),
  against("stranger: SSH", "failure", { greeting: Buffer.from("SSH-2.0-OpenSSH_9.2\r\n") }),
  against("stranger: an alert of TLS", "failure", {
    greeting: (socket) => void socket.end(Buffer.from([0x15, 3, 1, 0, 2, 2, 70])),
  }),
  against("stranger: a broken header block", "failure", {
    onRequest: (socket, stream) => void socket.write(frame(1, 5, stream, Buffer.alloc(6, 255))),
  }),
  against("stranger: a frame that is too long", "failure", {
    onRequest: (socket, stream) => void socket.write(frame(0, 0, stream, Buffer.alloc(20_000))),
  }),
  against("stranger: a frame of an unknown type", "success", {
    onRequest: (socket, stream) => {
      socket.write(frame(0x77, 0, stream, Buffer.from("hi")));
      serve(socket, stream);
    },
  }),
  against("stranger: padding", "success", {
    onRequest: (socket, stream) => {
      const padded = Buffer.concat([Buffer.from([3]), SERVING_MESSAGE, Buffer.alloc(3)]);
      socket.write(headersFrame(stream, GRPC));
      socket.write(frame(0, 8, stream, padded));
      socket.write(headersFrame(stream, [["grpc-status", "0"]], true));
    },
  }),
  against("stranger: settings in the middle", "success", {
    onRequest: (socket, stream) => {
      socket.write(settingsFrame(3, 100));
      serve(socket, stream);
    },
  }),
  against(
    "stranger: TLS without ALPN",
    "failure",
    { tls: { ...certificates.good, ALPNProtocols: [] }, onRequest: serve },
    {
      module: "{ prober: grpc, grpc: { tls: true, tls_config: { ca_file: '{folder}/root.pem' } } }",
      differs: {
        "grpc-certificates": [
          "+ probe_ssl_earliest_cert_expiry",
          "+ probe_ssl_last_chain_expiry_timestamp_seconds",
          "+ probe_ssl_last_chain_info",
          "+ probe_tls_cipher_info",
          "+ probe_tls_version_info",
        ],
      },
    },
  ),
  against(
    "stranger: TLS with HTTP/1.1 by ALPN",
    "failure",
    { tls: { ...certificates.good, ALPNProtocols: ["http/1.1"] }, onRequest: serve },
    { module: "{ prober: grpc, grpc: { tls: true, tls_config: { ca_file: '{folder}/root.pem' } } }" },
  ),
];
