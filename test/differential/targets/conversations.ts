import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import { CLOSED_PORT } from "../../helpers/http-targets.ts";
import {
  type Conduct,
  imapTalk,
  type LineServer,
  pop3Talk,
  serveConduct,
  serveSecurely,
  serveSmtp,
  services,
  talks,
} from "../../helpers/line-servers.ts";
import { certificates } from "./certificates.ts";

const GREETING = "hello one\r\nhello two\nlast";

/** Writes pieces with pauses between them, and then closes the connection. */
const inPieces =
  (...pieces: readonly (string | Buffer)[]): Conduct =>
  async (socket) => {
    for (const piece of pieces) {
      socket.write(piece);
      await pause(120);
    }
    socket.end();
  };

const says =
  (text: string | Buffer): Conduct =>
  (socket) =>
    void socket.end(text);

/** The servers of plain TCP, by name. */
const CONDUCTS = {
  greets: says(GREETING),
  staysOpen: (socket) => void socket.write(GREETING),
  silent: () => undefined,
  closes: (socket) => void socket.end(),
  resets: (socket) => {
    socket.write("part");
    setTimeout(() => socket.resetAndDestroy(), 150);
  },
  resetsInSilence: (socket) => void setTimeout(() => socket.resetAndDestroy(), 150),
  echoes: (socket) => void socket.on("data", (chunk) => socket.write(chunk)),
  slowly: inPieces("SSH-", "2.0-Open", "SSH\r", "\n"),
  manyLines: says(`${"x\n".repeat(20_000)}found\n`),
  emptyLines: says("\r\n\n\r\r\nend\r\n"),
  nul: says("a\0b\n"),
  latin1: says(Buffer.from("caf\xe9 \xff\n", "latin1")),
  cutCharacter: says(Buffer.concat([Buffer.from("a"), Buffer.from([0xe2, 0x82]), Buffer.from("b\n")])),
  unicode: says("grüße \u{1f600}\n"),
  quotes: says('say "hi\\there"\n'),
  fits: says(`${"x".repeat(65_535)}\nnext\n`),
  fitsAtEnd: says("x".repeat(65_535)),
  tooLong: says(`${"x".repeat(65_536)}\nnext\n`),
  tooLongAtEnd: says("x".repeat(65_536)),
  crAtLimit: says(`${"x".repeat(65_534)}\r\n`),
  halfBytes: inPieces("abc", "def"),
  lineThenBytes: inPieces("ready\n", "\0\x01\x02"),
  lineAndBytes: says("ready\n\0\x01\x02"),
  ...services,
  imap: imapTalk(certificates.good),
  pop3: pop3Talk(certificates.good),
  startsExpired: talks("ready\r\n", [{ when: /./, reply: "go\r\n", tls: true }], certificates.expired),
  startsForOthers: talks("ready\r\n", [{ when: /./, reply: "go\r\n", tls: true }], certificates.wrongHost),
  refusesTls: talks("220 ready\r\n", [{ when: /STARTTLS/, reply: "454 TLS not available\r\n" }]),
  startsNothing: talks("220 ready\r\n", [{ when: /STARTTLS/, reply: "220 go\r\n" }]),
  speaksAfterwards: talks("220 ready\r\n", [
    { when: /STARTTLS/, reply: "220 go\r\n" },
    { when: /./, reply: "500 what?\r\n" },
  ]),
  injects: talks(
    "220 ready\r\n",
    [{ when: /STARTTLS/, reply: "220 go\r\n250 injected\r\n", tls: true }],
    certificates.good,
  ),
} as const satisfies Record<string, Conduct>;

const { good, expired, wrongHost, selfSigned, chain, noNames } = certificates;

/** The servers that speak TLS from the start, by name. */
const SECURE = {
  tls: { options: good, conduct: says(GREETING) },
  tlsStaysOpen: { options: good, conduct: (socket) => void socket.write(GREETING) },
  tlsEchoes: { options: good, conduct: (socket) => void socket.on("data", (chunk) => socket.write(chunk)) },
  tlsInTls: {
    options: good,
    conduct: (socket) => {
      const inner = new TLSSocket(socket, { isServer: true, ...good });
      inner.on("error", () => socket.destroy());
      inner.write(GREETING);
    },
  },
  tlsExpired: { options: expired, conduct: says(GREETING) },
  tlsForOthers: { options: wrongHost, conduct: says(GREETING) },
  tlsSelfSigned: { options: selfSigned, conduct: says(GREETING) },
  tlsNoNames: { options: noNames, conduct: says(GREETING) },
  tlsChain: { options: chain, conduct: says(GREETING) },
  tls12: { options: { ...good, maxVersion: "TLSv1.2" }, conduct: says(GREETING) },
  tls11: {
    options: { ...good, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" },
    conduct: says(GREETING),
  },
  tlsWantsClient: {
    options: { ...good, ca: certificates.root.cert, requestCert: true, rejectUnauthorized: true },
    conduct: says(GREETING),
  },
} as const satisfies Record<string, { options: object; conduct: Conduct }>;

/** Name of a server of the cases. */
export type ConversationServer = keyof typeof CONDUCTS | keyof typeof SECURE | "smtp" | "closed";

/** The servers of the cases of `tcp`. */
export interface Conversations extends AsyncDisposable {
  /** Returns `host:port`; the host is `127.0.0.1` by default. */
  readonly at: (server: ConversationServer, host?: string) => string;
}

/** Starts all servers. */
export async function startConversations(): Promise<Conversations> {
  await using resources = new AsyncDisposableStack();
  const ports = new Map<string, number>();
  const add = async (name: string, starting: Promise<LineServer>): Promise<void> => {
    ports.set(name, resources.use(await starting).port);
  };
  for (const [name, conduct] of Object.entries(CONDUCTS)) await add(name, serveConduct(conduct));
  for (const [name, { options, conduct }] of Object.entries(SECURE))
    await add(name, serveSecurely(options, conduct));
  await add("smtp", serveSmtp(good));
  // Last, so that no other server is given this port.
  ports.set("closed", CLOSED_PORT);
  const owned = resources.move();
  return {
    at: (server, host = "127.0.0.1") => `${host}:${ports.get(server)}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The Unix sockets of the cases, by name. */
const SOCKETS = {
  greets: (at) => serveConduct(says(GREETING), at),
  staysOpen: (at) => serveConduct((socket) => void socket.write(GREETING), at),
  redis: (at) => serveConduct(services.redis, at),
  bytes: (at) => serveConduct(says("\0\x01"), at),
  starts: (at) => serveConduct(imapTalk(good), at),
  tls: (at) => serveSecurely(good, says(GREETING), at),
} as const satisfies Record<string, (at: { path: string }) => Promise<LineServer>>;

/** The Unix sockets of the cases of `unix`. */
export interface Sockets extends AsyncDisposable {
  readonly folder: string;
  /** Returns the path of a socket. */
  readonly at: (socket: keyof typeof SOCKETS) => string;
  /** The name of an abstract socket, with its `@`. */
  readonly abstract: string;
}

/** Starts all Unix sockets in a folder. */
export async function startSockets(folder: string): Promise<Sockets> {
  await using resources = new AsyncDisposableStack();
  const at: Sockets["at"] = (socket) => join(folder, `${socket}.sock`);
  for (const [name, start] of Object.entries(SOCKETS))
    resources.use(await start({ path: join(folder, `${name}.sock`) }));
  const abstract = `@heartbeat-exporter-${process.pid}`;
  resources.use(await serveConduct(says(GREETING), { path: abstract.replace("@", "\0") }));
  const owned = resources.move();
  return { folder, at, abstract, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
