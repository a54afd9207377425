import type { IncomingMessage, RequestListener } from "node:http";
import { createServer as createHttpServer } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { certificates } from "./certificates.ts";
import { oldServers } from "./old-servers.ts";
import type { ReceivedRequest, Reply } from "./requests.ts";

/** Handles the requests of all servers. */
export type Handler = (received: ReceivedRequest, reply: Reply) => void;

/** Required for a server to accept old TLS versions. */
const OLD = { ciphers: "DEFAULT:@SECLEVEL=0" };

const { root } = certificates;
const h1 = (options: object) => (handle: RequestListener) => createHttpsServer(options, handle);
const h2 = (options: object) => (handle: RequestListener) =>
  // The compatibility layer of HTTP/2 has the parts that the handler uses.
  createSecureServer(options, handle as never);

const secureServers = {
  https: h1(certificates.good),
  http2: h2({ ...certificates.good, allowHTTP1: true }),
  http2Only: h2(certificates.good),
  expired: h1(certificates.expired),
  future: h1(certificates.future),
  wrongHost: h1(certificates.wrongHost),
  noNames: h1(certificates.noNames),
  selfSigned: h1(certificates.selfSigned),
  chain: h1(certificates.chain),
  gap: h1(certificates.gap),
  crossed: h1(certificates.crossed),
  expiredInChain: h1(certificates.expiredInChain),
  fancy: h1(certificates.fancy),
  clientWanted: h1({ ...certificates.good, ca: root.cert, requestCert: true }),
  clientWanted12: h1({ ...certificates.good, ca: root.cert, requestCert: true, maxVersion: "TLSv1.2" }),
  tls10: h1({ ...certificates.good, ...OLD, minVersion: "TLSv1", maxVersion: "TLSv1" }),
  tls12: h1({ ...certificates.good, maxVersion: "TLSv1.2" }),
  tls13: h1({ ...certificates.good, minVersion: "TLSv1.3" }),
  ...oldServers,
} as const;

/** A server: one that all cases share, or one of a single case (the last three). */
export type ServerName =
  | keyof typeof secureServers
  | "http"
  | "raw" // passes the connection to the case after the head of a request
  | "mute" // accepts connections and sends nothing
  | "slam" // resets connections at the first data
  | "noTls" // responds to a TLS handshake with a line of text
  | "closed" // a port without a server
  | "own"
  | "proxy"
  | "secureProxy";

/** A running server and its port. */
export interface TargetServer extends AsyncDisposable {
  readonly port: number;
}

/** Returns true if URLs of the server start with https. */
export const isSecure = (name: ServerName): boolean =>
  name in secureServers || name === "noTls" || name === "secureProxy";

/** Starts the HTTP servers that all cases share. */
export async function startShared(handle: Handler): Promise<Map<ServerName, TargetServer>> {
  const started = new Map<ServerName, TargetServer>();
  started.set("http", await startPlain(handle));
  for (const [name, create] of Object.entries(secureServers)) {
    const server = create(listener(handle));
    server.on("tlsClientError", () => undefined);
    started.set(name as ServerName, await listen(server));
  }
  return started;
}

/** Starts an HTTP/1.1 server. */
export const startPlain = (handle: Handler): Promise<TargetServer> =>
  listen(createHttpServer(listener(handle)));

/** Starts a server that passes on raw connections. */
export const startTcp = (handle: (socket: Socket) => void): Promise<TargetServer> =>
  listen(
    createTcpServer((socket) => {
      socket.on("error", () => undefined);
      handle(socket);
    }),
  );

const listener =
  (handle: Handler): RequestListener =>
  (request, reply) => {
    const chunks: Buffer[] = [];
    request.on("error", () => undefined);
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () =>
      handle(receivedRequest(request, Buffer.concat(chunks).toString("latin1")), reply),
    );
  };

/** Converts a request and its body. */
export function receivedRequest(
  request: IncomingMessage | Http2ServerRequest,
  body: string,
): ReceivedRequest {
  const socket = request.socket as Partial<TLSSocket> & { servername?: string | false };
  const client = socket.getPeerCertificate?.().subject as { CN?: string } | undefined;
  const pseudo = request.headers[":authority"];
  const host = typeof pseudo === "string" ? ["host", pseudo] : [];
  return {
    method: request.method ?? "",
    target: request.url ?? "",
    version: request.httpVersion,
    headers: [...host, ...withoutPseudo(request.rawHeaders)],
    body,
    serverName: socket.encrypted === true ? (socket.servername ?? false) : undefined,
    client: client?.CN,
  };
}

const withoutPseudo = (headers: readonly string[]): string[] =>
  headers.filter((_, i) => !headers[i - (i % 2)]?.startsWith(":"));

/** Addresses that every server listens on, so that it has several hosts. */
const ADDRESSES = ["127.0.0.1", "127.0.0.2", "::1"];

/** Listens on the same port of all {@link ADDRESSES} that the machine has. */
/** Listens on the addresses of the loopback interface that the cases use. */
export async function listen(server: Server): Promise<TargetServer> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  };
  server.on("connection", track);
  await listenOn(server, 0, "127.0.0.1");
  const { port } = server.address() as AddressInfo;
  const others: Server[] = [];
  for (const address of ADDRESSES.slice(1)) {
    const other = createTcpServer((socket) => void server.emit("connection", socket));
    // If another program uses the port, both exporters probe that program, with the same result.
    await listenOn(other, port, address).then(
      () => others.push(other),
      () => undefined,
    );
  }
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const each of [server, ...others]) each.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

const listenOn = (server: Server, port: number, address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.off("error", reject);
      resolve();
    });
  });
