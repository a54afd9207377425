import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type ClientOptions, WebSocket } from "ws";
import { type Failure, failed } from "../../core/prober.ts";
import { codeOf, describeError } from "../errors.ts";
import { NO_ROOM, responseMemory } from "../response-memory.ts";
import type { StepGuard } from "../tls-connection.ts";
import type { WebsocketReason } from "./reasons.ts";

/** Largest message accepted, in bytes. */
const LARGEST_MESSAGE = 10 * 2 ** 20;
/** Go's limit of the headers, in bytes. */
const LONGEST_HEADERS = 10 * 1024 * 1024;
/** Time that a server has to close the connection after the probe, in milliseconds. */
const CLOSE_TIMEOUT = 1000;

/** The request of a handshake. */
export interface Handshake {
  /** Path and query as sent. */
  readonly path: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Subprotocols to offer. */
  readonly protocols: readonly string[];
}

/** A connection after the handshake. */
export interface WebsocketConnection {
  readonly ok: true;
  /** Returns the next message, of text or bytes. It is valid until the next call. */
  next(guard: StepGuard): Promise<{ readonly ok: true; readonly message: Buffer } | Failure<WebsocketReason>>;
  /** Sends a message of text. Returns a failure if the connection is known to be closed. */
  send(text: Buffer): Failure<WebsocketReason> | undefined;
  /** Says goodbye, and closes the connection when the server has. The last message is not valid any more. */
  close(): void;
}

/** The result of a handshake. `status` is the HTTP status of the answer, 0 without one. */
export type HandshakeResult = (WebsocketConnection | Failure<WebsocketReason>) & { readonly status: number };

/** Makes the handshake over an open connection. */
export function upgrade(socket: Socket, handshake: Handshake, guard: StepGuard): Promise<HandshakeResult> {
  return new Promise((resolve) => {
    let status = 0;
    const client = clientFor(socket, handshake);
    const fail = (failure: Failure<WebsocketReason>): void => {
      client.terminate();
      socket.destroy();
      resolve({ ...failure, status });
    };
    guard.cut = () => fail(failed("timeout", "no answer to the handshake before the deadline"));
    if (guard.signal.aborted) return guard.cut();
    client.once("upgrade", (response: IncomingMessage) => {
      status = response.statusCode ?? 0;
    });
    client.once("unexpected-response", (_request, response: IncomingMessage) => {
      status = response.statusCode ?? 0;
      fail(refusalOf(status));
    });
    // The listener stays, so that later errors are not uncaught ones.
    client.on("error", (error) => fail(failureOf(error)));
    const inbox = createInbox(client);
    client.once("open", () => {
      // A listener before the handshake would take bytes from it.
      socket.on("data", (chunk: Buffer) => inbox.received(chunk.length));
      resolve({ ...connectionOf(client, inbox), status });
    });
  });
}

function clientFor(socket: Socket, { path, host, headers, protocols }: Handshake): WebSocket {
  // The types lack some options of ws and of node:http, which it passes on.
  const options: ClientOptions & {
    readonly closeTimeout: number;
    readonly maxHeaderSize: number;
    readonly insecureHTTPParser: boolean;
  } = {
    createConnection: () => socket,
    headers: { ...headers, Host: host },
    perMessageDeflate: false,
    maxPayload: LARGEST_MESSAGE,
    closeTimeout: CLOSE_TIMEOUT,
    maxHeaderSize: LONGEST_HEADERS,
    // As tolerant as Go; one connection serves one handshake.
    insecureHTTPParser: true,
    finishRequest(request) {
      request.path = path;
      request.end();
    },
  };
  return new WebSocket("ws://target/", [...protocols], options);
}

/** Messages that were received and not asked for yet, and the end of the connection. */
interface Inbox {
  readonly messages: Buffer[];
  end: Failure<WebsocketReason> | undefined;
  /** Called when something is added. */
  notify: (() => void) | undefined;
  /** True while the memory for answers has no room. */
  readonly isFull: () => boolean;
  /** Counts bytes of the connection. */
  readonly received: (bytes: number) => void;
  /** Reads on, if there is room. */
  readonly resume: () => void;
  /** Gives back the memory of the message that was taken. */
  readonly release: () => void;
  /** Gives back all memory, and counts no more: what still arrives is not kept. */
  readonly drop: () => void;
}

/** Collects messages from the handshake on. No more are read while there is one, or no room for it. */
function createInbox(client: WebSocket): Inbox {
  const share = responseMemory.open(LARGEST_MESSAGE);
  let isFull = false;
  let isDropped = false;
  const readOn = async (room: Promise<void>): Promise<void> => {
    await room;
    isFull = false;
    if (inbox.notify !== undefined) client.resume();
  };
  const inbox: Inbox = {
    messages: [],
    end: undefined,
    notify: undefined,
    isFull: () => isFull,
    received(bytes) {
      const room = isDropped ? undefined : share.grow(bytes);
      if (room === undefined) return;
      isFull = true;
      client.pause();
      void readOn(room);
    },
    resume: () => (isFull ? undefined : client.resume()),
    release: () => share.release(),
    drop() {
      isDropped = true;
      share.release();
    },
  };
  const end = (failure: Failure<WebsocketReason>): void => {
    inbox.end ??= failure;
    inbox.notify?.();
  };
  client.on("message", (data: Buffer) => {
    inbox.messages.push(data);
    client.pause();
    inbox.notify?.();
  });
  client.on("error", (error) => end(failureOf(error)));
  client.once("close", (code, reason) => {
    const why = reason.length === 0 ? "" : `: ${reason.toString()}`;
    end(failed("network", `the server closed the connection with code ${code}${why}`));
  });
  return inbox;
}

const connectionOf = (client: WebSocket, inbox: Inbox): WebsocketConnection => ({
  ok: true,
  next: (guard) =>
    new Promise((resolve) => {
      inbox.release();
      guard.cut = () =>
        resolve(
          inbox.isFull()
            ? failed("queue_timeout", NO_ROOM)
            : failed("timeout", "no message before the deadline"),
        );
      const take = (): void => {
        const message = inbox.messages.shift();
        if (message !== undefined) resolve({ ok: true, message });
        else if (inbox.end !== undefined) resolve(inbox.end);
        else return;
        inbox.notify = undefined;
      };
      inbox.notify = take;
      if (guard.signal.aborted) return guard.cut();
      take();
      if (inbox.notify !== undefined) inbox.resume();
    }),
  send(text) {
    if (inbox.end === undefined) client.send(text, { binary: false });
    return inbox.end;
  },
  close() {
    inbox.drop();
    client.resume();
    client.close(1000);
  },
});

const refusalOf = (status: number): Failure<WebsocketReason> =>
  status === 101
    ? failed("malformed", "the answer to the handshake has status 101, but no Upgrade and Connection for it")
    : failed("http_status", `the answer to the handshake has status ${status}, want 101`);

/** Returns the failure of an error of the socket, of HTTP, of the handshake or of the protocol. */
function failureOf(error: unknown): Failure<WebsocketReason> {
  const code = codeOf(error) ?? "";
  const text = describeError(error);
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH")
    return failed("too_large", `a message above ${LARGEST_MESSAGE} bytes`);
  if (code.startsWith("WS_ERR_")) return failed("malformed", `the server breaks the protocol: ${text}`);
  if (code.startsWith("HPE_")) return failed("malformed", `not an HTTP response: ${text}`);
  // In TLS 1.3 a server rejects a client certificate only after the handshake.
  if (code.startsWith("ERR_SSL_")) return failed("tls", text);
  // The errors that ws makes of a wrong answer to the handshake have no code.
  if (code === "") return failed("malformed", `the answer to the handshake is not valid: ${text}`);
  return failed("network", `the connection broke: ${text}`);
}
