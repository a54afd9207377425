import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Answer, Place, RawAnswer } from "./case.ts";

type Headers = Record<string, string | number | string[]>;

/** Answers with a status, headers and a body whose length is announced. */
export const answer =
  (status: number, headers: Headers = {}, body: string | Buffer = ""): Answer =>
  ({ method }, reply) => {
    reply.writeHead(status, { "Content-Length": Buffer.byteLength(body), ...headers });
    reply.end(method === "HEAD" ? undefined : body);
  };

/** Answers 200 with a body. */
export const text = (body: string | Buffer, headers: Headers = {}): Answer => answer(200, headers, body);

/** Answers 200 with JSON. */
export const json = (value: unknown): Answer =>
  text(JSON.stringify(value), { "Content-Type": "application/json" });

/** Redirects the first request of a path and answers all that come after at other paths. */
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

/** `/n` redirects to `/n-1`, and `/0` answers. */
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

/** Follows a script: the n-th path (`/0`, `/1`, ...) gets the n-th answer; the case's own folder is the first one. */
export const script =
  (...steps: readonly Answer[]): Answer =>
  (request, reply, place) => {
    const step = steps[Number(/^\/(\d+)/.exec(request.rest)?.[1] ?? 0)];
    if (step !== undefined) return step(request, reply, place);
    reply.writeHead(500);
    return reply.end("not in the script");
  };

/** Redirects, whatever the path. */
export const to =
  (location: (place: Place) => string, status = 302, headers: Headers = {}): Answer =>
  (_, reply, place) => {
    reply.writeHead(status, { Location: location(place), ...headers });
    reply.end();
  };

/** Sends pieces with pauses before them. */
export const inPieces =
  (milliseconds: number, ...pieces: readonly string[]): RawAnswer =>
  async (socket: Socket) => {
    for (const piece of pieces) {
      await pause(milliseconds);
      socket.write(piece, "latin1");
    }
    socket.end();
  };

/** Sends bytes and then leaves the connection open. */
export const thenSilence =
  (bytes: string): RawAnswer =>
  (socket) =>
    void socket.write(bytes, "latin1");

/** Sends bytes and then resets the connection. */
export const thenReset =
  (bytes: string): RawAnswer =>
  (socket) => {
    if (bytes === "") socket.resetAndDestroy();
    // A reset overtakes what was written before, so it has to wait until that has been read.
    else socket.write(bytes, "latin1", () => setTimeout(() => socket.resetAndDestroy(), 100));
  };
