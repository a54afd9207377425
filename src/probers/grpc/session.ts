import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import type { Socket } from "node:net";
import { codeOf, describeError } from "../errors.ts";
import type { RawHeaders } from "../http-headers.ts";
import { NO_ROOM, responseMemory } from "../response-memory.ts";
import type { StepGuard } from "../tls-connection.ts";
import { LARGEST_MESSAGE } from "./message-reader.ts";
import {
  type CallFailure,
  type CallResult,
  callFailure,
  createReplyReader,
  type ReplyReader,
} from "./reply.ts";
import { resetName, STATUS } from "./status.ts";

/** Limits of Go's client: the size of the headers in bytes. Above a number of headers Node.js resets the stream. */
const LONGEST_HEADERS = 16 * 1024 * 1024;
const MOST_HEADERS = 100_000;

/** Error code with which a server refuses a stream before it looks at it. */
const REFUSED_STREAM = 7;

/** A health check. */
export interface HealthCall {
  /** Headers of the request, pseudo-headers first. */
  readonly headers: RawHeaders;
  readonly body: Buffer;
  readonly service: string;
}

/** The result of a call, and whether the server left it untouched, so that it can be made again. */
export type Attempt = CallResult & { readonly unprocessed: boolean };

/** An HTTP/2 connection to a server of gRPC. */
export interface GrpcSession {
  /**
   * Makes a call. It ends with a failure at the deadline.
   * @param onResponse called when the answer begins
   */
  call(call: HealthCall, guard: StepGuard, onResponse: () => void): Promise<Attempt>;
  /** Returns true if the server accepts another call on this connection. */
  isOpen(): boolean;
  /** Closes the connection. */
  close(): void;
}

/** The events of a connection that explain the end of its streams. */
interface ConnectionState {
  /** The last stream that the server will answer, once it sent GOAWAY. */
  lastStream: number | undefined;
  /** True once the server sent its settings, and so speaks HTTP/2. */
  greeted: boolean;
  error: unknown;
  closed: boolean;
}

/** Starts HTTP/2 over an open connection. */
export function openSession(socket: Socket): GrpcSession {
  const state: ConnectionState = {
    lastStream: undefined,
    greeted: false,
    error: undefined,
    closed: socket.destroyed,
  };
  // Before Node.js ends the streams, with an error code that looks like one from the server.
  socket.once("close", () => {
    state.closed = true;
  });
  const session = connect("http://target", {
    createConnection: () => socket,
    maxHeaderListPairs: MOST_HEADERS,
    settings: { enablePush: false, maxHeaderListSize: LONGEST_HEADERS },
  });
  session.on("goaway", (code: number, lastStream: number) => {
    state.lastStream = lastStream;
    if (code !== 0) state.error ??= new Error(`the server closed the connection with ${resetName(code)}`);
  });
  session.once("remoteSettings", () => {
    state.greeted = true;
  });
  session.on("error", (error) => {
    state.error ??= error;
  });
  return {
    call: (call, guard, onResponse) => makeCall(session, state, call, guard, onResponse),
    isOpen: () => !session.closed && !session.destroyed && !state.closed,
    close: () => session.destroy(),
  };
}

function makeCall(
  session: ClientHttp2Session,
  state: ConnectionState,
  { headers, body, service }: HealthCall,
  guard: StepGuard,
  onResponse: () => void,
): Promise<Attempt> {
  return new Promise((resolvePromise) => {
    const memory = responseMemory.open(LARGEST_MESSAGE);
    let isFull = false;
    let isSettled = false;
    const resolve = (attempt: Attempt): void => {
      isSettled = true;
      memory.release();
      resolvePromise(attempt);
    };
    guard.cut = () => resolve({ ...(isFull ? withoutRoom() : late(state)), unprocessed: false });
    if (guard.signal.aborted) return guard.cut();
    const stream = session.request([...headers], { endStream: false });
    const reader = createReplyReader(service);
    const settle = (result: CallResult | undefined): void => {
      if (result !== undefined) resolve({ ...result, unprocessed: false });
    };
    const readOn = async (room: Promise<void>): Promise<void> => {
      isFull = true;
      stream.pause();
      await room;
      isFull = false;
      stream.resume();
    };
    const take = (chunk: Buffer): void => {
      const room = isSettled ? undefined : memory.grow(chunk.length);
      settle(reader.data(chunk));
      if (room === undefined || isSettled) return;
      void readOn(room);
    };
    stream.once("response", (fields, flags, raw: readonly string[]) => {
      onResponse();
      settle(reader.headers(Number(fields[":status"]), raw, (flags & END_STREAM) !== 0));
    });
    stream.on("data", take);
    stream.once("trailers", (_fields, _flags, raw: readonly string[]) => settle(reader.trailers(raw)));
    stream.on("error", (error) => {
      if (codeOf(error) !== "ERR_HTTP2_STREAM_ERROR") state.error ??= error;
    });
    stream.once("close", () => resolve(ended(stream, state, reader)));
    return stream.end(body);
  });
}

const END_STREAM = 1;

const withoutRoom = (): CallFailure => callFailure("queue_timeout", STATUS.deadlineExceeded, NO_ROOM);

const late = ({ greeted }: ConnectionState): CallFailure => {
  const hint = greeted ? "" : "; the server has not sent anything of HTTP/2";
  return callFailure("timeout", STATUS.deadlineExceeded, `no answer before the deadline${hint}`);
};

/** Returns the result of a stream that was closed before there was one. */
function ended(stream: ClientHttp2Stream, state: ConnectionState, reader: ReplyReader): Attempt {
  const { lastStream, error, closed } = state;
  const untouched = lastStream !== undefined && (stream.id ?? Number.POSITIVE_INFINITY) > lastStream;
  if (untouched) {
    const detail = error === undefined ? "the server is closing the connection" : describeError(error);
    return { ...callFailure("network", STATUS.unavailable, detail), unprocessed: true };
  }
  if (error !== undefined) return { ...broken(error, state), unprocessed: false };
  if (closed)
    return {
      ...callFailure("network", STATUS.unavailable, "the server closed the connection without an answer"),
      unprocessed: false,
    };
  const reset = stream.rstCode ?? 0;
  return { ...reader.closed(reset), unprocessed: reset === REFUSED_STREAM };
}

/** Returns the failure of a connection that broke. */
function broken(error: unknown, { greeted }: ConnectionState): CallFailure {
  const code = codeOf(error) ?? "";
  const text = describeError(error);
  // In TLS 1.3 a server rejects a client certificate only after the handshake.
  if (code.startsWith("ERR_SSL_")) return callFailure("tls", STATUS.unavailable, text);
  if (code !== "ERR_HTTP2_ERROR") return callFailure("network", STATUS.unavailable, text);
  return callFailure(
    "malformed",
    STATUS.unavailable,
    greeted ? `the server violates HTTP/2: ${text}` : `the server does not speak HTTP/2: ${text}`,
  );
}
