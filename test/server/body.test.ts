import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import express, { type Request } from "express";
import { afterEach, describe, expect, it } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { type BodyBounds, type RequestBody, readBody } from "../../src/server/body.ts";
import { manualClock } from "../helpers/clock.ts";

const HEAD = "POST / HTTP/1.1\r\nHost: x\r\n";
const clock = manualClock();
const resources: (Server | Socket)[] = [];
afterEach(() => {
  for (const one of resources.splice(0))
    if ("destroy" in one) one.destroy();
    else one.close();
});

/** Sends bytes to a server that reads one body within `bounds`, and resolves when it has begun. */
async function send(
  bytes: string,
  bounds: BodyBounds,
): Promise<{ body: Promise<RequestBody>; req: Request; socket: Socket }> {
  const begun = Promise.withResolvers<{ readonly body: Promise<RequestBody>; readonly req: Request }>();
  const app = express();
  app.use((req, res) => {
    const body = readBody(req, bounds);
    begun.resolve({ body, req });
    void body.then(() => res.set("Connection", "close").end());
  });
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  resources.push(socket, server);
  socket.on("error", () => {}).resume();
  socket.write(bytes);
  return { ...(await begun.promise), socket };
}

const text = (body: RequestBody): readonly string[] =>
  "bytes" in body ? [body.kind, body.bytes.toString()] : [body.kind];

describe("readBody", () => {
  it.each<[string, string, BodyBounds, readonly string[]]>([
    ["no body", `${HEAD}\r\n`, { limit: 4 }, ["complete", ""]],
    ["no body where none may come", `${HEAD}\r\n`, { limit: 0 }, ["complete", ""]],
    ["a body at the limit", `${HEAD}Content-Length: 4\r\n\r\nabcd`, { limit: 4 }, ["complete", "abcd"]],
    ["a longer body", `${HEAD}Content-Length: 5\r\n\r\nabcde`, { limit: 4 }, ["too_long", ""]],
    [
      "a longer body that has not arrived",
      `${HEAD}Content-Length: 5\r\n\r\n`,
      { limit: 4 },
      ["too_long", ""],
    ],
    [
      "a longer body of unannounced length",
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n`,
      { limit: 4 },
      ["too_long", "abcd"],
    ],
    [
      "a body with a bound on what is kept",
      `${HEAD}Content-Length: 4\r\n\r\nabcd`,
      { limit: 4, keep: 2 },
      ["complete", "ab"],
    ],
    [
      "a longer body with a bound on what is kept",
      `${HEAD}Content-Length: 9\r\n\r\nabcde`,
      { limit: 4, keep: 2 },
      ["too_long", "ab"],
    ],
  ])("reads %s", async (_title, bytes, bounds, expected) => {
    const { body } = await send(bytes, bounds);
    expect(text(await body)).toEqual(expected);
  });

  it("reads a longer body that comes in parts, of which the first one is at the limit", async () => {
    const { body, socket } = await send(`${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n`, {
      limit: 4,
    });
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    socket.write("1\r\ne\r\n");
    expect(text(await body)).toEqual(["too_long", "abcd"]);
  });

  it("leaves a request that is too long open for its answer, with the address of its client", async () => {
    const { body, req, socket } = await send(`${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`, {
      limit: 4,
    });
    expect((await body).kind).toBe("too_long");
    expect([req.destroyed, req.ip]).toEqual([false, "127.0.0.1"]);
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("holds no more of a long body in memory than it keeps and what came with that", async () => {
    const long = 8_000_000;
    const { body } = await send(`${HEAD}Content-Length: ${long}\r\n\r\n${"x".repeat(long)}`, {
      limit: long,
      keep: 2,
    });
    const read = await body;
    expect(text(read)).toEqual(["complete", "xx"]);
    expect("bytes" in read ? read.bytes.buffer.byteLength : undefined).toBeLessThan(long / 4);
  });

  it("reports a body that the client did not finish", async () => {
    const { body, socket } = await send(`${HEAD}Content-Length: 4\r\n\r\nab`, { limit: 4 });
    socket.destroy();
    expect(await body).toEqual({ kind: "aborted" });
  });

  it("reports a body that is not complete at its deadline", async () => {
    const deadline = { clock, after: seconds(10) };
    const { body } = await send(`${HEAD}Content-Length: 4\r\n\r\nab`, { limit: 4, deadline });
    clock.advance(seconds(10));
    expect(await body).toEqual({ kind: "late" });
  });
});
