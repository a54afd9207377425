import { createServer } from "node:net";
import { expect, test } from "vitest";
import { ask, delta, detailOf, events, listen, type Options, reasonOf } from "./support.ts";

const HEALTHY = events(delta({ content: "HEALTHY" }), delta({}, "stop"));
const DONE = "data: [DONE]\n\n";

interface Row {
  readonly name: string;
  /** Bytes of the body, segment by segment. */
  readonly body: readonly string[];
  /** The number of bytes that the response promises; by default those that it sends. */
  readonly promised?: number;
  readonly options?: Options;
  readonly reason: string;
}

const rows: readonly Row[] = [
  { name: "a last event without its blank line", body: [HEALTHY.trimEnd()], reason: "ok" },
  { name: "a last event with one line feed", body: [HEALTHY.slice(0, -1)], reason: "ok" },
  { name: "a last event that CR ends", body: [`${HEALTHY.trimEnd()}\r`], reason: "ok" },
  { name: "[DONE] without its line feed", body: [`${HEALTHY}data: [DONE]`], reason: "ok" },
  {
    name: "[DONE] alone, without a finish reason",
    body: [`${events(delta({ content: "HEALTHY" }))}data: [DONE]`],
    reason: "stream_error",
  },
  { name: "a last event in the middle of its JSON", body: [HEALTHY.slice(0, -20)], reason: "stream_error" },
  {
    name: "a last event in the middle of its field",
    body: [`${events(delta({ content: "HEALTHY" }))}da`],
    reason: "stream_error",
  },
  {
    name: "a last event whose body is cut off",
    body: [HEALTHY.trimEnd()],
    promised: HEALTHY.length + 100,
    reason: "stream_error",
  },
  {
    name: "an error behind [DONE]",
    body: [HEALTHY + DONE + events({ error: { message: "x" } })],
    reason: "ok",
  },
  { name: "no JSON behind [DONE]", body: [`${HEALTHY}${DONE}data: {oops\n\n`], reason: "ok" },
  { name: "no JSON behind [DONE], later", body: [HEALTHY + DONE, "data: {oops\n\n"], reason: "ok" },
  {
    name: "a second answer behind [DONE]",
    body: [HEALTHY + DONE + events(delta({ content: " UN" }))],
    reason: "ok",
  },
  {
    name: "another answer after an error",
    body: [events({ error: { message: "x" } }) + HEALTHY + DONE],
    reason: "stream_error",
  },
  {
    name: "another answer after an error, later",
    body: [events({ error: { message: "x" } }), HEALTHY + DONE],
    reason: "stream_error",
  },
  { name: "no byte", body: [], reason: "empty" },
  { name: "white space", body: ["\r\n \n"], reason: "empty" },
  { name: "no byte, without a stream", body: [], options: { stream: false }, reason: "empty" },
  { name: "no byte, of lines", body: [], options: { api: "ollama" }, reason: "empty" },
  { name: "no byte, of an API without streams", body: [], options: { api: "bedrock" }, reason: "empty" },
  { name: "a connection cut before any byte", body: [], promised: 10, reason: "network" },
  {
    name: "a connection cut before any byte, without a stream",
    body: [],
    promised: 10,
    options: { stream: false },
    reason: "network",
  },
  { name: "a connection cut after a comment", body: [": hi\n\n"], promised: 100, reason: "stream_error" },
];

/** Serves a body by its segments on a bare socket, and closes the connection. */
async function serveSegments(segments: readonly string[], promised: number): Promise<string> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: ${promised}\r\nconnection: close\r\n\r\n`,
      );
      const next = (i: number): void => {
        const segment = segments[i];
        if (segment === undefined) socket.end();
        else socket.write(segment, () => setImmediate(next, i + 1));
      };
      next(0);
    });
  });
  return listen(server);
}

test.each(rows)("$name: $reason", async ({ body, promised, options, reason }) => {
  const length = promised ?? Buffer.byteLength(body.join(""));
  const address = await serveSegments(body, length);
  const result = await ask(address, {
    options: { expect: { equals: "HEALTHY" }, ...options },
    target: { model: "m" },
  });
  expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(new RegExp(`^${reason} `));
  expect(result.answered).toBe(reason === "ok");
});
