import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { makeCertificate } from "../../helpers/certificates.ts";
import { type FrameServer, GRPC, SERVING_MESSAGE, startFrameServer } from "../../helpers/grpc-servers.ts";
import { dataFrame, greeting, headersFrame, resetFrame, settingsFrame } from "../../helpers/http2-frames.ts";
import { detailOf, seriesOf, verdictOf } from "../../helpers/probing.ts";
import { probe } from "./probe.ts";

const { cert, key } = makeCertificate({ names: ["IP:127.0.0.1"] });

/** Probes a server that calls `abort` of the deadline, and waits until it has seen the end of the connection. */
async function atDeadline(
  server: (abort: () => void) => FrameServer,
  options: object = {},
): Promise<readonly unknown[]> {
  const controller = new AbortController();
  const closed: Promise<unknown>[] = [];
  const { greeting: hello = greeting, ...rest } = server(() => controller.abort());
  await using started = await startFrameServer({
    ...rest,
    greeting: (socket, connection) => {
      closed.push(new Promise((resolve) => socket.once("close", resolve)));
      if (typeof hello === "function") hello(socket, connection);
      else socket.write(hello);
    },
  });
  const result = await probe(`127.0.0.1:${started.port}`, options, { signal: controller.signal });
  await Promise.all(closed);
  return [verdictOf(result), detailOf(result), seriesOf(result).get("probe_grpc_status_code")];
}

const soon = (abort: () => void): void => void setTimeout(abort, 30);

test("a server that does not answer", async () => {
  expect(await atDeadline((abort) => ({ onRequest: abort }))).toEqual([
    "timeout",
    "no answer before the deadline",
    4,
  ]);
});

test("a server that stops after its headers, or its message", async () => {
  const begun = (bytes: Buffer) => (abort: () => void) => ({
    onRequest: (socket: Socket, stream: number) => {
      socket.write(Buffer.concat([headersFrame(stream, GRPC), dataFrame(stream, bytes)]));
      soon(abort);
    },
  });
  for (const bytes of [Buffer.alloc(0), SERVING_MESSAGE.subarray(0, 3), SERVING_MESSAGE])
    expect(await atDeadline(begun(bytes))).toEqual(["timeout", "no answer before the deadline", 4]);
});

test("a server that sends nothing at all", async () => {
  expect(await atDeadline((abort) => ({ greeting: () => soon(abort) }))).toEqual([
    "timeout",
    "no answer before the deadline; the server has not sent anything of HTTP/2",
    4,
  ]);
});

test("a server that allows no stream", async () => {
  const server = (abort: () => void): FrameServer => ({
    greeting: (socket) => {
      socket.write(Buffer.concat([settingsFrame(3, 0), greeting.subarray(9)]));
      soon(abort);
    },
  });
  expect((await atDeadline(server))[0]).toBe("timeout");
});

test("a server that answers in pieces for ever", async () => {
  const server = (abort: () => void): FrameServer => ({
    onRequest: (socket, stream) => {
      socket.write(headersFrame(stream, GRPC));
      const timer = setInterval(() => socket.write(dataFrame(stream, Buffer.alloc(0))), 1);
      socket.once("close", () => clearInterval(timer));
      soon(abort);
    },
  });
  expect((await atDeadline(server))[0]).toBe("timeout");
});

test("a server of TLS without a handshake", async () => {
  const server = (abort: () => void): FrameServer => ({ greeting: () => soon(abort) });
  expect(await atDeadline(server, { tls: true })).toEqual([
    "timeout_connect",
    "no TLS handshake before the deadline",
    4,
  ]);
});

test("a server of TLS that does not answer", async () => {
  const server = (abort: () => void): FrameServer => ({ tls: { cert, key }, onRequest: abort });
  expect((await atDeadline(server, { tls: true, tls_config: { ca: cert } }))[0]).toBe("timeout");
});

test("a deadline between two attempts ends the probe", async () => {
  const controller = new AbortController();
  await using server = await startFrameServer({
    onRequest: (socket, stream) => {
      controller.abort();
      socket.write(resetFrame(stream, 7));
    },
  });
  const result = await probe(`127.0.0.1:${server.port}`, {}, { signal: controller.signal });
  expect(verdictOf(result)).toBe("timeout");
});

test("a deadline that has passed already", async () => {
  await using server = await startFrameServer({});
  const result = await probe(`127.0.0.1:${server.port}`, {}, { signal: AbortSignal.abort() });
  expect(verdictOf(result)).toBe("timeout_connect");
});
