import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { type ResponseFields, response } from "./dns-messages.ts";

/** A query as the server receives it. */
export interface ReceivedQuery {
  readonly content: Buffer;
  readonly transport: "udp" | "tcp" | "tls";
  /** The name in lower case, without the dot at its end. */
  readonly name: string;
  /** How many queries for the name came over the transport, with this one. */
  readonly count: number;
}

/** The ways to respond to a query. */
export interface Responder {
  /** Sends a message: as a datagram, or with its length before it. */
  readonly send: (content: Buffer) => void;
  /** Sends bytes as they are. */
  readonly raw: (content: Buffer) => void;
  /** Closes the connection; nothing over UDP. */
  readonly close: () => void;
}

/** Responds to a query. */
export type Respond = (query: ReceivedQuery, responder: Responder) => void;

/** Responds with a message of these fields. */
export const answering =
  (fields: ResponseFields | ((query: Buffer) => ResponseFields) = {}): Respond =>
  ({ content }, { send }) =>
    send(response(content, typeof fields === "function" ? fields(content) : fields));

/** A name server on loopback, over UDP, TCP and TLS, that sends any bytes. It is stopped by `await using`. */
export interface NameServer extends AsyncDisposable {
  /** The port of UDP and TCP. */
  readonly port: number;
  readonly tlsPort: number;
  readonly received: readonly ReceivedQuery[];
}

/** Options of a name server. */
export interface NameServerOptions {
  readonly address?: string;
  /** Settings of TLS; without them there is no TLS. */
  readonly tls?: TlsOptions;
}

/** Starts a server that calls `respond` for each query. A query that is not well-formed has an empty name. */
export async function startNameServer(
  respond: Respond,
  { address = "127.0.0.1", tls }: NameServerOptions = {},
): Promise<NameServer> {
  const received: ReceivedQuery[] = [];
  const open = new Set<Socket>();
  const answer = (content: Buffer, transport: ReceivedQuery["transport"], responder: Responder): void => {
    const name = nameOf(content);
    const count = received.filter((each) => each.name === name && each.transport === transport).length + 1;
    const query = { content, transport, name, count };
    received.push(query);
    respond(query, responder);
  };
  const serve = (transport: "tcp" | "tls") => (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => undefined);
    let pending = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE()) {
        const content = pending.subarray(2, 2 + pending.readUInt16BE());
        pending = pending.subarray(2 + content.length);
        answer(content, transport, {
          send: (reply) => void socket.write(framed(reply)),
          raw: (bytes) => void socket.write(bytes),
          close: () => void socket.end(),
        });
      }
    });
  };

  const { tcp, udp } = await bindBoth(address);
  tcp.on("connection", serve("tcp"));
  udp.on("message", (content, from) => {
    const send = (reply: Buffer): void => {
      udp.send(reply, from.port, from.address);
    };
    answer(content, "udp", { send, raw: send, close: () => undefined });
  });
  const secure = tls === undefined ? undefined : createTlsServer(tls, serve("tls"));
  secure?.on("tlsClientError", () => undefined);
  secure?.listen(0, address);
  if (secure !== undefined) await once(secure, "listening");

  return {
    port: portOf(tcp),
    tlsPort: secure === undefined ? 0 : portOf(secure),
    received,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      tcp.close();
      secure?.close();
      await new Promise<void>((resolve) => void udp.close(resolve));
    },
  };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Puts the length of a message before it. */
export const framed = (content: Buffer): Buffer => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(content.length);
  return Buffer.concat([length, content]);
};

/** Binds a port that is free for both protocols. */
async function bindBoth(address: string) {
  for (;;) {
    const tcp = createServer();
    tcp.listen(0, address);
    await once(tcp, "listening");
    const udp = createSocket(address.includes(":") ? "udp6" : "udp4");
    udp.bind(portOf(tcp), address);
    const bound = await new Promise<boolean>((resolve) => {
      udp.once("listening", () => resolve(true));
      udp.once("error", () => resolve(false));
    });
    if (bound) return { tcp, udp };
    tcp.close();
  }
}

function nameOf(content: Buffer): string {
  const labels: string[] = [];
  let at = 12;
  for (let length = content[at] ?? 0; length > 0; length = content[at] ?? 0) {
    labels.push(content.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return labels.join(".").toLowerCase();
}
