import { createServer, type RequestListener } from "node:http";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { createServer as createHttpsServer, type ServerOptions } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";

/** A server on a free port of the loopback interface; `await using` stops it. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** The sockets that are open now. */
  readonly sockets: ReadonlySet<Socket>;
}

/** Serves HTTP/1.1. */
export const serveHttp = (handle: RequestListener): Promise<TestServer> => listen(createServer(handle));

/** Serves HTTP/1.1 over TLS. */
export const serveHttps = (options: ServerOptions, handle: RequestListener): Promise<TestServer> =>
  listen(createHttpsServer(options, handle));

/** Serves HTTP/2 over TLS, and HTTP/1.1 to clients that do not offer HTTP/2. */
export const serveHttp2 = (
  options: { cert: string; key: string; allowHTTP1?: boolean },
  handle: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): Promise<TestServer> => listen(createSecureServer(options, handle));

/** Serves TCP: `handle` gets each connection. */
export const serveTcp = (handle: (socket: Socket) => void): Promise<TestServer> =>
  listen(
    createTcpServer((socket) => {
      socket.on("error", () => undefined);
      handle(socket);
    }),
  );

/** Listens with a server that the test has created. */
export const serveServer = (server: Server): Promise<TestServer> => listen(server);

/** Answers each connection with the same bytes after the first data. */
export const serveBytes = (answer: string | Buffer): Promise<TestServer> =>
  serveTcp((socket) => socket.once("data", () => socket.end(answer)));

/**
 * A port on which nothing listens. One that a server has left may be given to the next program of another test that asks for any; `fetch`
 * sends nothing to port 1.
 */
export const CLOSED_PORT = 2;

async function listen(server: Server): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    host: `127.0.0.1:${port}`,
    sockets,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
