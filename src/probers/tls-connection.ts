import type { Socket } from "node:net";
import {
  connect as connectTls,
  type DetailedPeerCertificate,
  type SecureContextOptions,
  type TLSSocket,
} from "node:tls";
import type { Clock } from "../core/clock.ts";
import { fileError } from "../core/file-errors.ts";
import { type NetworkFailure, networkFailure, type Opened } from "../core/network.ts";
import { failed } from "../core/prober.ts";
import { weaknessOf } from "../network/chain-strength.ts";
import { describeError } from "./errors.ts";
import { isIP } from "./ip.ts";
import { groupOf, type Handshake, handshakeOf, isIssuedFor, type PeerFacts, peerFacts } from "./tls-facts.ts";
import { keySharesOf, secureContextOf, TlsConfigError, type TlsSettings } from "./tls-options.ts";

/**
 * The end of the steps of one probe, which run one after the other. A single listener on the signal serves all of them: each
 * step sets `cut` to its own abort function.
 */
export interface StepGuard {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Called at the deadline. */
  cut: (() => void) | undefined;
}

/** Runs the steps of one probe. At the deadline it calls the abort function of the step that runs. */
export async function withDeadline<Result>(guard: StepGuard, run: () => Promise<Result>): Promise<Result> {
  const onAbort = (): void => guard.cut?.();
  guard.signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await run();
  } finally {
    guard.signal.removeEventListener("abort", onAbort);
  }
}

/** The TLS parameters of a connection. */
export interface TlsPlan {
  readonly trust: SecureContextOptions;
  /** True if the certificate has to be valid. */
  readonly verify: boolean;
  /** Name or address to verify; a name is also sent (SNI). */
  readonly serverName: string;
  /** Protocols to offer (ALPN), the preferred one first; empty offers none. */
  readonly protocols: string[];
}

/** A failed handshake or verification. */
type TlsFailure = NetworkFailure<"tls" | "certificate" | "timeout_connect">;

/** A TLS connection or a failure. `peer` is set once the handshake is complete, even if the certificate is refused. */
export type TlsConnection = (Opened<TLSSocket> | TlsFailure) & { readonly peer: PeerFacts | undefined };

const NO_CERTIFICATE = {} as DetailedPeerCertificate;

/**
 * Makes the TLS handshake over `socket` and verifies the certificate after it: the handshake accepts any certificate, so that
 * the facts of an invalid one are known.
 */
export async function openTls(socket: Socket, securing: TlsPlan, guard: StepGuard): Promise<TlsConnection> {
  const opened = await handshake(socket, securing, guard);
  if (!opened.ok) return { ...opened, peer: undefined };
  const secured = opened.socket;
  const { trust, verify, serverName } = securing;
  const made = handshakeOf(secured);
  if (!verify) return { ...opened, peer: peerFacts(made, { kind: "skipped" }) };
  const refusal =
    refusalOf(secured, made, serverName) ?? weaknessText(made, trust, serverName, guard.clock.now());
  if (refusal === undefined) {
    return { ...opened, peer: peerFacts(made, { kind: "passed", trust, now: guard.clock.now() }) };
  }
  const peer = peerFacts(made, { kind: "failed" });
  secured.destroy();
  return { ...networkFailure("certificate", refusal), peer };
}

function handshake(
  socket: Socket,
  { trust, serverName, protocols }: TlsPlan,
  guard: StepGuard,
): Promise<Opened<TLSSocket> | TlsFailure> {
  return new Promise((resolve) => {
    const keyShares = keySharesOf(trust);
    const server = `${serverName} ${socket.remoteAddress} ${socket.remotePort}`;
    const secured = connectTls({
      socket,
      secureContext: secureContextOf(trust, keyShares.choice(server)),
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(protocols.length > 0 ? { ALPNProtocols: protocols } : {}),
      ...(isIP(serverName) === 0 && serverName !== "" ? { servername: serverName.replace(/\.$/, "") } : {}),
    });
    // Node.js would build objects of the whole chain for the check disabled above, which takes a fifth of the CPU time.
    secured.getPeerCertificate = () => NO_CERTIFICATE;
    const fail = (cause: TlsFailure): void => {
      secured.destroy();
      socket.destroy();
      resolve(cause);
    };
    guard.cut = () => fail(networkFailure("timeout_connect", "no TLS handshake before the deadline"));
    if (guard.signal.aborted) guard.cut();
    secured.on("error", (error) => fail(networkFailure("tls", `TLS handshake: ${describeError(error)}`)));
    secured.once("secureConnect", () => {
      const group = groupOf(secured);
      if (group !== undefined) keyShares.record(server, group);
      resolve({ ok: true, socket: secured });
    });
  });
}

function weaknessText(
  { sent }: Handshake,
  trust: SecureContextOptions,
  serverName: string,
  now: number,
): string | undefined {
  const weakness = weaknessOf(sent, trust, now);
  return weakness === undefined ? undefined : `the certificate of ${serverName} is not valid: ${weakness}`;
}

function refusalOf(socket: TLSSocket, { sent }: Handshake, serverName: string): string | undefined {
  const [leaf] = sent;
  if (!socket.authorized) {
    const until = leaf === undefined ? "" : `, valid until ${leaf.validTo}`;
    return `the certificate of ${serverName} is not valid: ${String(socket.authorizationError)}${until}`;
  }
  if (leaf === undefined || isIssuedFor(leaf, serverName)) return undefined;
  return `the certificate is not for ${serverName} but for ${leaf.subjectAltName ?? "no name at all (a common name does not count)"}`;
}

/** Reads the trusted certificates and the client certificate of a module. */
export async function readTrust(tls: TlsSettings) {
  try {
    return { ok: true, options: await tls.options() } as const;
  } catch (error) {
    if (!(error instanceof TlsConfigError)) throw error;
    return failed(error.unusable ? "tls" : fileError(error.cause).reason, error.message);
  }
}
