import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { createSecureContext } from "node:tls";
import type { Agents } from "got";
import { defined } from "../core/defined.ts";
import type { TlsSettings } from "./tls-options.ts";

/** Hands out the agents of a module. Rejects with a TlsConfigError when certificates cannot be used. */
export type AgentSource = (secure: boolean) => Promise<Agents>;

/**
 * Agents that open a new connection with a full handshake for every request, as both are among the things that a probe
 * is there to see. The context is kept while the certificates stay the same: parsing all trusted ones takes longer
 * than a handshake.
 * @param proxy to go through, as an URL
 */
export function agentSource(tls: TlsSettings, proxy?: string): AgentSource {
  // Node.js' own agents speak with proxies, whose addresses they take in this form.
  const through = proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } };
  const http = new HttpAgent({ keepAlive: false, ...through });
  let builtFrom: object | undefined;
  let https: HttpsAgent | undefined;
  return async (secure) => {
    if (!secure) return { http };
    const options = await tls.options();
    if (https === undefined || options !== builtFrom) {
      builtFrom = options;
      https = new HttpsAgent({
        keepAlive: false,
        maxCachedSessions: 0,
        ...through,
        secureContext: createSecureContext(options),
        rejectUnauthorized: tls.verify,
        ...defined({ servername: tls.serverName }),
      });
    }
    return { https };
  };
}
