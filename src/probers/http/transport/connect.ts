import { connect, isIP, type NetConnectOpts, type Socket } from "node:net";
import {
  connect as connectTls,
  createSecureContext,
  type DetailedPeerCertificate,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
} from "node:tls";
import { describeError, type Failure, failure, type Guard } from "./steps.ts";
import { isIssuedFor, type PeerFacts, peerFacts, sentCertificates } from "./tls-facts.ts";

/** An open connection. Its errors are listened to; what reads from it sees them as well. */
export interface OpenConnection<S extends Socket = Socket> {
  readonly ok: true;
  readonly socket: S;
}

/** Opens a TCP connection; `where` names its end in messages. */
export function openTcp(to: NetConnectOpts, where: string, guard: Guard): Promise<OpenConnection | Failure> {
  return new Promise((resolve) => {
    const socket = connect(to);
    const fail = (why: Failure): void => {
      socket.destroy();
      resolve(why);
    };
    guard.cut = () => fail(failure("timeout_connect", `no connection to ${where} before the deadline`));
    if (guard.signal.aborted) guard.cut();
    socket.on("error", (error) =>
      fail(failure("connect", `no connection to ${where}: ${describeError(error)}`)),
    );
    socket.once("connect", () => resolve({ ok: true, socket }));
  });
}

/** How to secure a connection. */
export interface TlsPlan {
  readonly trust: SecureContextOptions;
  /** Whether the certificate has to be valid. */
  readonly verify: boolean;
  /** Name or address that the certificate has to be for, and that is asked for if it is a name. */
  readonly serverName: string;
  /** Protocols to offer, best first; none are offered if empty. */
  readonly protocols: string[];
}

/** A secured connection, or why there is none; the facts are there in both cases once the handshake is done. */
export type TlsConnection = (OpenConnection<TLSSocket> | Failure) & { readonly peer: PeerFacts | undefined };

const NOT_LOOKED_AT = {} as DetailedPeerCertificate;

const contexts = new WeakMap<SecureContextOptions, SecureContext>();

/**
 * Makes the TLS handshake over `socket` and judges the certificate afterwards: the handshake itself accepts any, so
 * that its facts are known also when it is not valid.
 */
export async function openTls(socket: Socket, securing: TlsPlan, guard: Guard): Promise<TlsConnection> {
  const opened = await handshake(socket, securing, guard);
  if (!opened.ok) return { ...opened, peer: undefined };
  const secured = opened.socket;
  const { trust, verify, serverName } = securing;
  const sent = sentCertificates(secured);
  if (!verify) return { ...opened, peer: peerFacts(secured, sent, { kind: "skipped" }) };
  const refusal = refusalOf(secured, sent, serverName);
  if (refusal === undefined) {
    return { ...opened, peer: peerFacts(secured, sent, { kind: "passed", trust, now: guard.clock.now() }) };
  }
  const peer = peerFacts(secured, sent, { kind: "failed" });
  secured.destroy();
  return { ...failure("certificate", refusal), peer };
}

function handshake(
  socket: Socket,
  { trust, serverName, protocols }: TlsPlan,
  guard: Guard,
): Promise<OpenConnection<TLSSocket> | Failure> {
  return new Promise((resolve) => {
    const secured = connectTls({
      socket,
      secureContext: contextOf(trust),
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(protocols.length > 0 ? { ALPNProtocols: protocols } : {}),
      ...(isIP(serverName) === 0 && serverName !== "" ? { servername: serverName.replace(/\.$/, "") } : {}),
    });
    // Node.js would make objects of the whole chain for the check that is left out above: a fifth of the CPU time.
    secured.getPeerCertificate = () => NOT_LOOKED_AT;
    const fail = (why: Failure): void => {
      secured.destroy();
      socket.destroy();
      resolve(why);
    };
    guard.cut = () => fail(failure("timeout_connect", "no TLS handshake before the deadline"));
    if (guard.signal.aborted) guard.cut();
    secured.on("error", (error) => fail(failure("tls", `TLS handshake: ${describeError(error)}`)));
    secured.once("secureConnect", () => resolve({ ok: true, socket: secured }));
  });
}

function refusalOf(
  socket: TLSSocket,
  sent: ReturnType<typeof sentCertificates>,
  serverName: string,
): string | undefined {
  const [leaf] = sent;
  if (!socket.authorized) {
    const until = leaf === undefined ? "" : `, valid until ${leaf.validTo}`;
    return `the certificate of ${serverName} is not valid: ${String(socket.authorizationError)}${until}`;
  }
  if (leaf === undefined || isIssuedFor(leaf, serverName)) return undefined;
  return `the certificate is not for ${serverName} but for ${leaf.subjectAltName ?? "no name at all (a common name does not count)"}`;
}

function contextOf(options: SecureContextOptions): SecureContext {
  const context = contexts.get(options) ?? createSecureContext(options);
  contexts.set(options, context);
  return context;
}
