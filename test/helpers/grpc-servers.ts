import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { Server as GrpcServer, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";
import type { TestCertificate } from "./certificates.ts";
import { dataFrame, type Fields, greeting, headersFrame, readRequests } from "./http2-frames.ts";

/** A server on loopback. */
export interface GrpcTestServer extends AsyncDisposable {
  readonly port: number;
}

/** The answer to a health check: the number of a serving status, the bytes of a message, or a status code of gRPC with a text. */
export type HealthAnswer = number | Buffer | { readonly code: number; readonly details?: string } | "silence";

/** A request that a health server has received. */
export interface HealthRequest {
  readonly service: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** `:authority`. */
  readonly host: string;
}

const same = (value: Buffer): Buffer => value;
const service: ServiceDefinition = {
  check: {
    path: "/grpc.health.v1.Health/Check",
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  },
};

interface HealthCall {
  readonly request: Buffer;
  readonly metadata: { getMap(): Record<string, unknown> };
  getHost(): string;
}

/** Starts a real server of gRPC with the standard health service. */
export async function startHealthServer(
  answer: (service: string) => HealthAnswer,
  {
    credentials = ServerCredentials.createInsecure(),
    host = "127.0.0.1",
    onRequest = () => undefined,
    withService = true,
  }: {
    readonly credentials?: ServerCredentials;
    readonly host?: string;
    readonly onRequest?: (request: HealthRequest) => void;
    readonly withService?: boolean;
  } = {},
): Promise<GrpcTestServer> {
  const server = new GrpcServer();
  const check = (call: HealthCall, done: (error: object | null, reply?: Buffer) => void): void => {
    const name = serviceIn(call.request);
    onRequest({ service: name, metadata: call.metadata.getMap(), host: call.getHost() });
    const given = answer(name);
    if (given === "silence") return;
    if (Buffer.isBuffer(given)) return done(null, given);
    if (typeof given === "object") return done(given);
    // The rest of a negative number of 32 bits is that of one of 64 bits.
    const status = BigInt.asUintN(64, BigInt(given));
    const bytes: number[] = [];
    for (let rest = status; rest > 0n || bytes.length === 0; rest >>= 7n)
      bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    return done(null, Buffer.from([0x08, ...bytes]));
  };
  if (withService) server.addService(service, { check });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host.includes(":") ? `[${host}]` : host}:0`, credentials, (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}

/** Returns the name in a request, `string service = 1`. */
function serviceIn(request: Buffer): string {
  if (request.length === 0) return "";
  const long = ((request[1] ?? 0) & 128) !== 0;
  return request.subarray(long ? 3 : 2).toString();
}

/** Credentials of a server with a certificate. */
export const serverCredentials = ({ cert, key }: TestCertificate, clientRoot?: string): ServerCredentials =>
  ServerCredentials.createSsl(
    clientRoot === undefined ? null : Buffer.from(clientRoot),
    [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }],
    clientRoot !== undefined,
  );

/** A server that writes frames of its own. */
export interface FrameServer {
  /** Written when a client connects. Settings, by default. */
  readonly greeting?: Buffer | ((socket: Socket, connection: number) => void);
  /** Called for each request with the number of its stream, and how many requests there were, this one included. */
  readonly onRequest?: (socket: Socket, stream: number, request: number) => void;
  /** Makes it a server of TLS. */
  readonly tls?: TlsOptions;
}

/** A running server that writes frames of its own. */
export interface StartedFrameServer extends GrpcTestServer {
  /** Returns the number of connections. */
  readonly connections: () => number;
  /** Counts connections and requests from 1 again. */
  readonly forget: () => void;
}

/** Starts a server that answers with frames, so that it can break any rule of HTTP/2 and gRPC. */
export async function startFrameServer({
  greeting: hello = greeting,
  onRequest,
  tls,
}: FrameServer): Promise<StartedFrameServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let requests = 0;
  const serve = (socket: Socket): void => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    if (typeof hello === "function") hello(socket, connections);
    else socket.write(hello);
    readRequests(socket, (stream) => onRequest?.(socket, stream, (requests += 1)));
  };
  const server: Server =
    tls === undefined ? createServer(serve) : createTlsServer({ ALPNProtocols: ["h2"], ...tls }, serve);
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    forget() {
      connections = 0;
      requests = 0;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Headers of an answer of gRPC. */
export const GRPC: Fields = [
  [":status", "200"],
  ["content-type", "application/grpc"],
];

/** Trailers of a good answer. */
export const OK: Fields = [["grpc-status", "0"]];

/** A message with its length before it, or with a false length. */
export function message(bytes: readonly number[] | Buffer, flag = 0, length = bytes.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, Buffer.from(bytes)]);
}

/** The message of a server that is serving. */
export const SERVING_MESSAGE = message([8, 1]);

/** Answers as a server that is serving, or with other parts. */
export const answerWith =
  (headers: Fields = GRPC, body: Buffer = SERVING_MESSAGE, trailers: Fields = OK) =>
  (socket: Socket, stream: number): void =>
    void socket.write(
      Buffer.concat([
        headersFrame(stream, headers),
        ...(body.length === 0 ? [] : [dataFrame(stream, body)]),
        headersFrame(stream, trailers, true),
      ]),
    );

/** Answers with headers only. */
export const headersOnly =
  (headers: Fields) =>
  (socket: Socket, stream: number): void =>
    void socket.write(headersFrame(stream, headers, true));
