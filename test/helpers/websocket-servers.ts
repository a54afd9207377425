import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSecureServer, type ServerOptions } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { type WebSocket, type ServerOptions as WebSocketOptions, WebSocketServer } from "ws";

/** A server on loopback. */
export interface WebsocketTestServer extends AsyncDisposable {
  readonly port: number;
  /** Requests of handshakes, in order. */
  readonly requests: readonly IncomingMessage[];
}

async function listen(
  server: Server,
  requests: readonly IncomingMessage[],
  host = "127.0.0.1",
): Promise<WebsocketTestServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => void server.listen(0, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Settings of a real server of WebSockets. */
export interface WebsocketServerSettings {
  /** Makes it a server of TLS. */
  readonly tls?: ServerOptions;
  readonly options?: WebSocketOptions;
  readonly host?: string;
}

/** Starts a real server of WebSockets. `serve` is called with each connection. */
export function startWebsocketServer(
  serve: (socket: WebSocket, request: IncomingMessage) => void = () => undefined,
  { tls, options = {}, host }: WebsocketServerSettings = {},
): Promise<WebsocketTestServer> {
  const requests: IncomingMessage[] = [];
  const server = tls === undefined ? createServer() : createSecureServer(tls);
  server.on("tlsClientError", () => undefined);
  server.on("upgrade", (request) => requests.push(request));
  new WebSocketServer({ ...options, server }).on("connection", (socket, request) => {
    socket.on("error", () => undefined);
    serve(socket, request);
  });
  return listen(server, requests, host);
}

/** Starts a server that answers the bytes of a handshake. `answer` is given `Sec-WebSocket-Accept` for it. */
export function startHandshakeServer(
  answer: (accept: string, socket: Socket) => string | Buffer | undefined,
): Promise<WebsocketTestServer> {
  const server = createTcpServer((socket) => {
    socket.once("data", (chunk: Buffer) => {
      const key = /^Sec-WebSocket-Key: (.*)\r$/im.exec(chunk.toString("latin1"))?.[1] ?? "";
      const bytes = answer(acceptOf(key), socket);
      if (bytes !== undefined) socket.write(bytes);
    });
  });
  return listen(server, []);
}

/** Returns `Sec-WebSocket-Accept` for a key (RFC 6455, 4.2.2). */
const acceptOf = (key: string): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/** The answer of a server that accepts a handshake, with further headers. */
export const accepted = (accept: string, more = ""): string =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;
