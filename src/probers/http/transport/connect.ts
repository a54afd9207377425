import type { Socket } from "node:net";
import {
  connect as connectTls,
  type DetailedPeerCertificate,
  type SecureContextOptions,
  type TLSSocket,
} from "node:tls";
import type { Opened } from "../../../core/network.ts";
import { describeError } from "../../errors.ts";
import { isIP } from "../../ip.ts";
import { secureContextOf } from "../../tls-options.ts";
import { type Failure, failure, type Guard } from "./steps.ts";
import { isIssuedFor, type PeerFacts, peerFacts, sentCertificates } from "./tls-facts.ts";

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
export type TlsConnection = (Opened<TLSSocket> | Failure) & { readonly peer: PeerFacts | undefined };

const NOT_LOOKED_AT = {} as DetailedPeerCertificate;

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
): Promise<Opened<TLSSocket> | Failure> {
  return new Promise((resolve) => {
    const secured = connectTls({
      socket,
      secureContext: secureContextOf(trust),
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
