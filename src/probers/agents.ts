import { defined } from "../core/defined.ts";
import type { Network } from "../core/network.ts";
import { identityCheck } from "../network/identity-check.ts";
import { secureContextOf, type TlsSettings } from "./tls-options.ts";

/** Makes the agents of a module for requests to `url`. Rejects with a TlsConfigError if its certificates cannot be used. */
export type AgentSource = (network: Network, url: URL) => Promise<ReturnType<Network["agents"]>>;

/**
 * Compiles the TLS settings of a module.
 * @param proxy URL of a proxy that all requests go through
 */
export const agentSource =
  (tls: TlsSettings, proxy: string | undefined): AgentSource =>
  async (network, url) => {
    if (url.protocol !== "https:") return network.agents(url, defined({ proxy }));
    const trust = await tls.options();
    const settings = {
      secureContext: secureContextOf(trust),
      rejectUnauthorized: tls.verify,
      checkServerIdentity: identityCheck(trust),
      ...defined({ servername: tls.serverName }),
    };
    return network.agents(url, { tls: settings, ...defined({ proxy }) });
  };
