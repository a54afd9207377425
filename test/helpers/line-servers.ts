import { once } from "node:events";
import { rm } from "node:fs/promises";
import { type AddressInfo, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from "node:tls";
import { SMTPServer } from "smtp-server";
import type { TestCertificate } from "./certificates.ts";

/** A server that talks in lines; `await using` stops it. */
export interface LineServer extends AsyncDisposable {
  /** 0 for a Unix socket. */
  readonly port: number;
  /** `127.0.0.1:port`, or the path of a Unix socket. */
  readonly address: string;
}

/** The conduct of a server on one connection. */
export type Conduct = (socket: Socket) => void;

const LOOPBACK: ListenOptions = { port: 0, host: "127.0.0.1" };

/** Serves a conduct on a free port, or at the path of a Unix socket. The client may close its side first. */
export const serveConduct = (conduct: Conduct, at: ListenOptions = LOOPBACK): Promise<LineServer> =>
  listen(
    createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => socket.destroy());
      conduct(socket);
    }),
    at,
  );

/** Serves a conduct over TLS. */
export function serveSecurely(
  options: TlsOptions,
  conduct: Conduct,
  at: ListenOptions = LOOPBACK,
): Promise<LineServer> {
  const server = createTlsServer(options, (socket) => {
    socket.on("error", () => socket.destroy());
    conduct(socket);
  });
  server.on("tlsClientError", () => undefined);
  return listen(server, at);
}

async function listen(server: Server, at: ListenOptions): Promise<LineServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(at);
  await once(server, "listening");
  const bound = server.address() as AddressInfo | string;
  const port = typeof bound === "string" ? 0 : bound.port;
  return {
    port,
    address: typeof bound === "string" ? bound : `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      if (typeof bound === "string" && bound.startsWith("/")) await rm(bound, { force: true });
    },
  };
}

/** A line that a server understands, and its reply. After `tls` it starts TLS. */
export interface Exchange {
  readonly when: RegExp;
  readonly reply: string;
  readonly tls?: true;
}

/** Greets, and replies to the lines that it understands. */
export const talks =
  (greeting: string, exchanges: readonly Exchange[] = [], certificate?: TestCertificate): Conduct =>
  (socket) => {
    if (greeting !== "") socket.write(greeting);
    let text = "";
    const onData = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
        const line = text.slice(0, end).replace(/\r$/, "");
        text = text.slice(end + 1);
        const found = exchanges.find(({ when }) => when.test(line));
        if (found === undefined) continue;
        socket.write(found.reply);
        if (found.tls !== true || certificate === undefined) continue;
        socket.off("data", onData);
        const secured = new TLSSocket(socket, { isServer: true, ...certificate });
        secured.on("error", () => socket.destroy());
        return talks("", exchanges, certificate)(secured);
      }
    };
    socket.on("data", onData);
  };

/** The conducts of services as people monitor them. */
export const services = {
  ssh: talks("SSH-2.0-OpenSSH_9.9p2 Debian-1\r\n"),
  irc: talks("", [
    { when: /^NICK/, reply: ":irc.example.com NOTICE * :*** Looking up your hostname\r\n" },
    { when: /^USER/, reply: "PING :0a1b2c\r\n" },
    { when: /^PONG :?0a1b2c/, reply: ":irc.example.com 001 prober :Welcome to the network\r\n" },
  ]),
  redis: talks("", [
    { when: /^AUTH/, reply: "+OK\r\n" },
    { when: /^PING/, reply: "+PONG\r\n" },
  ]),
} as const satisfies Record<string, Conduct>;

/** Talks as an IMAP server with STARTTLS. */
export const imapTalk = (certificate: TestCertificate): Conduct =>
  talks(
    "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.\r\n",
    [
      { when: /^\S+ STARTTLS$/i, reply: "a1 OK Begin TLS negotiation now.\r\n", tls: true },
      { when: /^\S+ CAPABILITY$/i, reply: "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\na2 OK done\r\n" },
      { when: /^\S+ LOGOUT$/i, reply: "* BYE\r\na3 OK\r\n" },
    ],
    certificate,
  );

/** Talks as a POP3 server with STLS. */
export const pop3Talk = (certificate: TestCertificate): Conduct =>
  talks(
    "+OK Dovecot ready.\r\n",
    [
      { when: /^STLS$/i, reply: "+OK Begin TLS negotiation now.\r\n", tls: true },
      { when: /^CAPA$/i, reply: "+OK\r\nCAPA\r\nUIDL\r\nSASL PLAIN\r\n.\r\n" },
      { when: /^QUIT$/i, reply: "+OK Logging out.\r\n" },
    ],
    certificate,
  );

/** Starts a real SMTP server with STARTTLS. */
export async function serveSmtp(certificate: TestCertificate): Promise<LineServer> {
  const server = new SMTPServer({
    ...certificate,
    name: "mail.example.com",
    banner: "ready",
    authOptional: true,
    onConnect: (_session, done) => done(),
  });
  server.on("error", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    address: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
