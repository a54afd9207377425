import type { IncomingMessage, RequestListener } from "node:http";
import { createServer as createHttpServer } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Reply } from "../case.ts";
import type { Arrived } from "./arrived.ts";
import { certificates } from "./certificates.ts";

/** Takes every request that arrives anywhere. */
export type Handler = (arrived: Arrived, reply: Reply) => void;

/** Without these a server would not speak the old versions to anybody. */
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
} as const;

/** A server: one that all cases share, or one of the case alone (the last three). */
export type ServerName =
  | keyof typeof secureServers
  | "http"
  | "raw" // hands the connection to the case when the head of a request is there
  | "mute" // accepts connections and says nothing
  | "slam" // resets connections at their first data
  | "noTls" // answers a handshake of TLS with a line of text
  | "closed" // a port on which nobody listens
  | "own"
  | "proxy"
  | "secureProxy";

/** A server, with the port on which it listens. */
export interface Listening extends AsyncDisposable {
  readonly port: number;
}

/** Whether addresses of a server start with https. */
export const isSecure = (name: ServerName): boolean =>
  name in secureServers || name === "noTls" || name === "secureProxy";

/** Starts the HTTP servers that all cases share. */
export async function startShared(handle: Handler): Promise<Map<ServerName, Listening>> {
  const started = new Map<ServerName, Listening>();
  started.set("http", await startPlain(handle));
  for (const [name, create] of Object.entries(secureServers)) {
    const server = create(listener(handle));
    server.on("tlsClientError", () => undefined);
    started.set(name as ServerName, await listen(server));
  }
  return started;
}

/** Starts a server of HTTP/1.1. */
export const startPlain = (handle: Handler): Promise<Listening> => listen(createHttpServer(listener(handle)));

/** Hands over raw connections. */
export const startTcp = (handle: (socket: Socket) => void): Promise<Listening> =>
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
    request.on("end", () => handle(arrivedAs(request, Buffer.concat(chunks).toString("latin1")), reply));
  };

/** What arrived, with its body. */
export function arrivedAs(request: IncomingMessage | Http2ServerRequest, body: string): Arrived {
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

/** Addresses of this machine on which every server listens, so that one server has several hosts. */
const ADDRESSES = ["127.0.0.1", "127.0.0.2", "::1"];

/** Listens on the same port of all {@link ADDRESSES}; those that the machine does not have are left out. */
async function listen(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  };
  server.on("connection", keep);
  await listenOn(server, 0, "127.0.0.1");
  const { port } = server.address() as AddressInfo;
  const others: Server[] = [];
  for (const address of ADDRESSES.slice(1)) {
    const other = createTcpServer((socket) => void server.emit("connection", socket));
    // Whoever else has the port on the other address is unlucky for few cases: both exporters see the same.
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
