import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { serveTcp } from "../../helpers/http-targets.ts";
import { detailOf, verdictOf } from "../../helpers/probing.ts";
import { accepted, startHandshakeServer, startWebsocketServer } from "../../helpers/websocket-servers.ts";
import { probe } from "./probe.ts";

/** Returns a signal, and a function that aborts it. */
function deadline(): { readonly signal: AbortSignal; readonly pass: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, pass: () => controller.abort() };
}

const closing = (socket: Socket): Promise<unknown> => new Promise((resolve) => socket.once("close", resolve));

test.each([
  ["no answer", ""],
  ["half an answer", "HTTP/1.1 101 Switching"],
  ["headers without an end", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"],
])("%s to the handshake: timeout, and the connection is closed", async (_name, bytes) => {
  const { signal, pass } = deadline();
  const sockets: Socket[] = [];
  await using server = await startHandshakeServer((_accept, socket) => {
    sockets.push(socket);
    setTimeout(pass, 30);
    return bytes === "" ? undefined : bytes;
  });
  const result = await probe(`ws://127.0.0.1:${server.port}/`, {}, { signal });
  expect([verdictOf(result), detailOf(result)]).toEqual([
    "timeout",
    "no answer to the handshake before the deadline",
  ]);
  await Promise.all(sockets.filter((socket) => !socket.destroyed).map(closing));
});

test("no message, or half of one: timeout", async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from([0x81, 5, 104])]) {
    const { signal, pass } = deadline();
    await using server = await startHandshakeServer((accept) => {
      setTimeout(pass, 30);
      return Buffer.concat([Buffer.from(accepted(accept)), bytes]);
    });
    const steps = { query_response: [{ expect: "h" }] };
    const result = await probe(`ws://127.0.0.1:${server.port}/`, steps, { signal });
    expect([verdictOf(result), detailOf(result)]).toEqual([
      "timeout",
      "step 1 of 1: no message before the deadline",
    ]);
  }
});

test("a server that sends messages for ever does not keep a probe", async () => {
  await using server = await startWebsocketServer((socket) => {
    const timer = setInterval(() => socket.send("tick"), 1);
    socket.on("close", () => clearInterval(timer));
  });
  const steps = { query_response: [{ expect: "tick" }, { expect: "tick" }] };
  expect(verdictOf(await probe(`ws://127.0.0.1:${server.port}/`, steps))).toBe("success");
});

test("no TLS handshake: timeout_connect", async () => {
  const { signal, pass } = deadline();
  await using server = await serveTcp((socket) => socket.once("data", pass));
  expect(verdictOf(await probe(`wss://${server.host}/`, {}, { signal }))).toBe("timeout_connect");
});

test("a deadline that has passed already", async () => {
  await using server = await startWebsocketServer();
  const result = await probe(`ws://127.0.0.1:${server.port}/`, {}, { signal: AbortSignal.abort() });
  expect(verdictOf(result)).toBe("timeout_connect");
});
