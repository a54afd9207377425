import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { certificates } from "./certificates.ts";

/** One line that a server understands, and its reply. `tls` makes it upgrade the connection after the reply. */
export interface Exchange {
  readonly when: RegExp;
  readonly reply: string;
  readonly tls?: true;
}

/** A server that greets and answers lines, as mail, chat and database servers do. */
export interface Greeter {
  readonly greeting?: string;
  readonly exchanges?: readonly Exchange[];
  /** True if the connection starts with a TLS handshake. */
  readonly secure?: true;
}

/** Servers by name. */
export const greeters = {
  ssh: { greeting: "SSH-2.0-OpenSSH_9.9p2 Debian-1\r\n" },
  smtp: {
    greeting: "220 mail.example.com ESMTP Postfix\r\n",
    exchanges: [
      { when: /^EHLO/, reply: "250-mail.example.com\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n" },
      { when: /^STARTTLS/, reply: "220 2.0.0 Ready to start TLS\r\n", tls: true },
      { when: /^QUIT/, reply: "221 2.0.0 Bye\r\n" },
    ],
  },
  imap: {
    greeting: "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.\r\n",
    exchanges: [
      { when: /^\. STARTTLS/, reply: ". OK Begin TLS negotiation now.\r\n", tls: true },
      { when: /^\. capability/, reply: "* CAPABILITY IMAP4rev1 SASL-IR\r\n. OK done\r\n" },
    ],
  },
  pop3: { greeting: "+OK Dovecot ready.\r\n", exchanges: [{ when: /^QUIT/, reply: "+OK bye\r\n" }] },
  pop3s: { greeting: "+OK Dovecot ready.\r\n", secure: true },
  irc: {
    exchanges: [
      { when: /^USER/, reply: "PING :0a1b2c\r\n" },
      { when: /^PONG 0a1b2c/, reply: ":irc.example.com 001 prober :Welcome\r\n" },
    ],
  },
  redis: { exchanges: [{ when: /^PING/, reply: "+PONG\r\n" }] },
  zookeeper: { exchanges: [{ when: /^ruok/, reply: "imok\n" }] },
  socket: { greeting: "ready 1.2.3\n" },
} as const satisfies Record<string, Greeter>;

/** Serves one connection. */
export function greet(socket: Socket, { greeting, exchanges = [], secure }: Greeter): void {
  socket.on("error", () => undefined);
  if (secure === true) {
    const secured = new TLSSocket(socket, { isServer: true, ...certificates.good });
    secured.on("error", () => socket.destroy());
    if (greeting !== undefined) secured.write(greeting);
    converse(secured, exchanges);
    return;
  }
  if (greeting !== undefined) socket.write(greeting);
  converse(socket, exchanges);
}

function converse(socket: Socket, exchanges: readonly Exchange[]): void {
  let text = "";
  const onData = (chunk: Buffer): void => {
    text += chunk.toString("latin1");
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      const found = exchanges.find(({ when }) => when.test(line));
      if (found === undefined) continue;
      socket.write(found.reply);
      if (found.tls !== true) continue;
      socket.off("data", onData);
      const secured = new TLSSocket(socket, { isServer: true, ...certificates.good });
      secured.on("error", () => socket.destroy());
      converse(secured, exchanges);
      return;
    }
  };
  socket.on("data", onData);
}
