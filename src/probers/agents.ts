import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { Network } from "../core/network.ts";
import { identityCheck } from "../network/identity-check.ts";
import { handshakeOf, type PeerFacts, peerFacts, type Verification } from "./tls-facts.ts";
import { secureContextOf, type TlsSettings } from "./tls-options.ts";

/**
 * Makes the agents of a module for requests to `url`. Rejects with a TlsConfigError if its certificates cannot be used.
 * @param onHandshake called for each TLS handshake, also if its certificate is refused
 */
export type AgentSource = (
  network: Network,
  url: URL,
  onHandshake?: (handshake: CompletedHandshake) => void,
) => Promise<ReturnType<Network["agents"]>>;

/** A completed handshake. Its facts are worked out on demand, so that they delay no request. */
export interface CompletedHandshake {
  /** Returns the facts about the server; undefined if it sent no certificate. */
  facts(clock: Clock): PeerFacts | undefined;
}

/**
 * Compiles the TLS settings of a module.
 * @param proxy URL of a proxy that all requests go through
 */
export const agentSource =
  (tls: TlsSettings, proxy: string | undefined): AgentSource =>
  async (network, url, onHandshake) => {
    if (url.protocol !== "https:") return network.agents(url, defined({ proxy }));
    const trust = await tls.options();
    const settings = {
      secureContext: secureContextOf(trust),
      rejectUnauthorized: tls.verify,
      checkServerIdentity: identityCheck(trust),
      ...defined({ servername: tls.serverName }),
    };
    const verification = (valid: boolean, clock: Clock): Verification => {
      if (!tls.verify) return { kind: "skipped" };
      return valid ? { kind: "passed", trust, now: clock.now() } : { kind: "failed" };
    };
    const watch = (socket: TLSSocket, sent: readonly X509Certificate[]): void => {
      const made = handshakeOf(socket, sent);
      const { authorized } = socket;
      onHandshake?.({ facts: (clock) => peerFacts(made, verification(authorized, clock)) });
    };
    return network.agents(url, {
      tls: settings,
      ...defined({ proxy }),
      ...(onHandshake === undefined ? {} : { onHandshake: watch }),
    });
  };
