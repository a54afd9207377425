import { array, assert, asyncProperty, constantFrom, nat, string } from "fast-check";
import { expect, test } from "vitest";
import type { WebSocket } from "ws";
import { detailOf, seriesOf, verdictOf } from "../../helpers/probing.ts";
import { accepted, startHandshakeServer, startWebsocketServer } from "../../helpers/websocket-servers.ts";
import { probe } from "./probe.ts";

/** Makes a frame of a server (RFC 6455, 5.2). */
function frame(
  opcode: number,
  payload: Buffer | string,
  { last = true, reserved = 0, mask = false } = {},
): Buffer {
  const bytes = Buffer.from(payload);
  const { length } = bytes;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = (last ? 128 : 0) | (reserved << 4) | opcode;
  head[1] = (mask ? 128 : 0) | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, mask ? Buffer.alloc(4) : Buffer.alloc(0), bytes]);
}

const TEXT = 1;
const BINARY = 2;
const CONTINUATION = 0;
const CLOSE = 8;
const PING = 9;

/** Probes a server that sends bytes after the handshake, and returns verdict and detail. */
async function after(bytes: Buffer, steps: readonly object[]): Promise<readonly string[]> {
  await using server = await startHandshakeServer((accept) =>
    Buffer.concat([Buffer.from(accepted(accept)), bytes]),
  );
  const result = await probe(`ws://127.0.0.1:${server.port}/`, { query_response: steps });
  return [verdictOf(result), detailOf(result)];
}

const hello = [{ expect: "^hello$" }];

test("groups of a message are sent, as in Go's templates", async () => {
  const received: string[] = [];
  const ended = Promise.withResolvers<void>();
  await using server = await startWebsocketServer((socket: WebSocket) => {
    socket.send("incoming_test 7");
    socket.on("close", () => ended.resolve());
    socket.on("message", (data: Buffer, binary) => {
      received.push(`${binary ? "binary" : "text"} ${data.toString()}`);
      socket.send("passed");
    });
  });
  const result = await probe(`ws://127.0.0.1:${server.port}/`, {
    query_response: [
      { expect: "incoming_(.+) (?P<n>[0-9])", send: "outgoing_${1} $n ${n}x $nx $$ $9 $" },
      { expect: "^passed" },
      { send: "bye $1" },
    ],
  });
  expect(verdictOf(result)).toBe("success");
  await ended.promise;
  expect(received).toEqual(["text outgoing_test 7 7x  $  $", "text bye $1"]);
});

test("each expectation reads one message, in order, also of what came at once", async () => {
  const three = Buffer.concat([frame(TEXT, "one"), frame(BINARY, "two"), frame(TEXT, "three")]);
  expect(await after(three, [{ expect: "one" }, { expect: "two" }, { expect: "three" }])).toEqual([
    "success",
    "",
  ]);
  expect(await after(three, [{ expect: "one" }, { expect: "three" }])).toEqual([
    "body_mismatch",
    'step 2 of 2: the message "two" does not match three',
  ]);
});

test("control frames are no messages, and fragments are one", async () => {
  const bytes = Buffer.concat([
    frame(PING, "x"),
    frame(TEXT, "hel", { last: false }),
    frame(PING, ""),
    frame(CONTINUATION, "lo"),
  ]);
  expect(await after(bytes, hello)).toEqual(["success", ""]);
});

test("servers that break the protocol", async () => {
  const cases: readonly (readonly [reason: string, bytes: Buffer])[] = [
    ["malformed", frame(TEXT, "hello", { reserved: 4 })],
    ["malformed", frame(3, "hello")],
    ["malformed", frame(TEXT, "hello", { mask: true })],
    ["malformed", frame(CONTINUATION, "hello")],
    ["malformed", frame(PING, "x".repeat(126))],
    ["malformed", frame(TEXT, Buffer.from([0xff]))],
    ["malformed", frame(CLOSE, Buffer.from([0, 1]))],
    ["too_large", Buffer.from([0x82, 127, 0, 0, 0, 0, 1, 0, 0, 1])],
    ["too_large", Buffer.from([0x82, 127, 0, 0, 255, 255, 255, 255, 255, 255])],
    ["malformed", Buffer.from([0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255])],
    ["network", frame(CLOSE, Buffer.from([3, 0xf3, ...Buffer.from("sorry")]))],
    ["network", frame(CLOSE, "")],
  ];
  for (const [reason, bytes] of cases) {
    const [verdict, detail] = await after(bytes, hello);
    expect([bytes.subarray(0, 4).toString("hex"), verdict]).toEqual([
      bytes.subarray(0, 4).toString("hex"),
      reason,
    ]);
    expect(detail).toMatch(/^step 1 of 1: /);
  }
  expect((await after(frame(CLOSE, Buffer.from([3, 0xf3, ...Buffer.from("sorry")])), hello))[1]).toBe(
    "step 1 of 1: the server closed the connection with code 1011: sorry",
  );
});

test("nothing is read after the handshake without steps", async () => {
  expect(await after(frame(TEXT, "hello", { reserved: 4 }), [])).toEqual(["success", ""]);
});

test("a message is the same however it is cut", async () => {
  await assert(
    asyncProperty(
      string({ unit: "grapheme", maxLength: 60 }),
      array(nat(100), { maxLength: 4 }),
      constantFrom(1, 2, 3),
      async (text, cuts, fragments) => {
        const content = Buffer.from(`hello ${text.toWellFormed()}`);
        const size = Math.ceil(content.length / fragments);
        const frames = Array.from({ length: fragments }, (_, i) =>
          frame(i === 0 ? BINARY : CONTINUATION, content.subarray(i * size, (i + 1) * size), {
            last: i === fragments - 1,
          }),
        );
        await using server = await startHandshakeServer((accept, socket) => {
          const bytes = Buffer.concat([Buffer.from(accepted(accept)), ...frames]);
          const ends = [
            ...new Set([...cuts.map((cut) => bytes.length - (cut % bytes.length)), bytes.length]),
          ];
          let from = 0;
          for (const end of ends.toSorted((a, b) => a - b)) {
            socket.write(bytes.subarray(from, end));
            from = end;
          }
          return undefined;
        });
        const result = await probe(`ws://127.0.0.1:${server.port}/`, {
          query_response: [{ expect: "^hello " }],
        });
        expect(verdictOf(result)).toBe("success");
      },
    ),
    { numRuns: 30 },
  );
});

test("no output contains what is sent or a secret header, also if the server repeats it", async () => {
  const lines: unknown[] = [];
  await using server = await startWebsocketServer((socket, request) => {
    socket.on("message", (data: Buffer) =>
      socket.send(`you said ${data.toString()} as ${String(request.headers["x-key"])}`),
    );
  });
  const result = await probe(
    `ws://127.0.0.1:${server.port}/?token=hidden-in-the-query`,
    {
      headers: { "X-Key": { secrets: ["hidden-key"] } },
      http_config: { bearer_token: "hidden-token" },
      query_response: [{ send: "hidden-login" }, { expect: "welcome" }],
    },
    { log: (...line) => lines.push(line) },
  );
  expect(verdictOf(result)).toBe("body_mismatch");
  expect(detailOf(result)).toContain("you said");
  expect(JSON.stringify([lines, result.outcome])).not.toContain("hidden");
  expect(lines.map((line) => (line as string[])[0])).toEqual([
    "resolved",
    "requesting",
    "connected",
    "upgraded",
    "sent",
    "message",
  ]);
  expect(seriesOf(result).get("probe_websocket_failed_due_to_regex")).toBe(1);
});

test("the server is told that the probe ends", async () => {
  const closed = Promise.withResolvers<number>();
  await using server = await startWebsocketServer((socket) =>
    socket.on("close", (code) => closed.resolve(code)),
  );
  expect(verdictOf(await probe(`ws://127.0.0.1:${server.port}/`))).toBe("success");
  expect(await closed.promise).toBe(1000);
});
