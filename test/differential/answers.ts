import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Answer, Place, RawAnswer } from "./case.ts";

type Headers = Record<string, string | number | string[]>;

/** Responds with a status, headers and a body of announced length. */
export const answer =
  (status: number, headers: Headers = {}, body: string | Buffer = ""): Answer =>
  ({ method }, reply) => {
    reply.writeHead(status, { "Content-Length": Buffer.byteLength(body), ...headers });
    reply.end(method === "HEAD" ? undefined : body);
  };

/** Responds with 200 and a body. */
export const text = (body: string | Buffer, headers: Headers = {}): Answer => answer(200, headers, body);

/** Responds with 200 and JSON. */
export const json = (value: unknown): Answer =>
  text(JSON.stringify(value), { "Content-Type": "application/json" });

/** Redirects requests to the path of the case, and responds to those below it with `after`. */
export const redirect =
  (
    location: (place: Place) => string,
    status = 302,
    headers: Headers = {},
    after: Answer = text("there"),
  ): Answer =>
  (request, reply, place) => {
    if (request.rest !== "" && request.rest !== "/") return after(request, reply, place);
    reply.writeHead(status, { Location: location(place), "Content-Length": 5, ...headers });
    return reply.end(request.method === "HEAD" ? undefined : "moved");
  };

/** Redirects `/n` to `/n-1`; `/0` is the final response. */
export const countdown: Answer = ({ rest }, reply, { path }) => {
  const left = Number(rest.slice(1));
  if (left === 0) {
    reply.writeHead(200);
    reply.end("there");
  } else {
    reply.writeHead(302, { Location: `${path}/${left - 1}` });
    reply.end("on");
  }
};

/** Responds to the path `/n` with the n-th step, and to the path of the case with the first one. */
export const script =
  (...steps: readonly Answer[]): Answer =>
  (request, reply, place) => {
    const step = steps[Number(/^\/(\d+)/.exec(request.rest)?.[1] ?? 0)];
    if (step !== undefined) return step(request, reply, place);
    reply.writeHead(500);
    return reply.end("not in the script");
  };

/** Redirects every path. */
export const to =
  (location: (place: Place) => string, status = 302, headers: Headers = {}): Answer =>
  (_, reply, place) => {
    reply.writeHead(status, { Location: location(place), ...headers });
    reply.end();
  };

/** Sends pieces, with a pause before each. */
export const inPieces =
  (milliseconds: number, ...pieces: readonly string[]): RawAnswer =>
  async (socket: Socket) => {
    for (const piece of pieces) {
      await pause(milliseconds);
      socket.write(piece, "latin1");
    }
    socket.end();
  };

/** Sends bytes and leaves the connection open. */
export const thenSilence =
  (bytes: string): RawAnswer =>
  (socket) =>
    void socket.write(bytes, "latin1");

/** Sends bytes and resets the connection. */
export const thenReset =
  (bytes: string): RawAnswer =>
  (socket) => {
    if (bytes === "") socket.resetAndDestroy();
    // A reset discards bytes that the other side has not read yet, so it has to wait.
    else socket.write(bytes, "latin1", () => setTimeout(() => socket.resetAndDestroy(), 100));
  };
