import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { type LookupFunction, Socket } from "node:net";
import {
  type AgentSettings,
  type Destination,
  ForbiddenAddressError,
  type HttpAgents,
} from "../../core/network.ts";

/** The checks of an agent on each connection that it opens. */
export interface AgentGuard {
  /** Returns the reason to refuse a host, or `undefined`. */
  refusal(to: Destination): string | undefined;
  /** Returns the function that looks up the name of a host. */
  lookupFor(to: Destination): LookupFunction;
}

/**
 * Makes agents that open a new connection with a full handshake for every request, because a probe measures both. The
 * host is checked here as well as on lookup, because an IP address is never looked up, and a name that goes to a proxy
 * is not looked up by the exporter.
 */
export function createAgents({ tls, proxy }: AgentSettings, guard: AgentGuard): HttpAgents {
  const options = {
    keepAlive: false,
    ...(proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }),
  };
  const http = new HttpAgent(options);
  const https = new HttpsAgent({ ...options, ...tls, maxCachedSessions: 0 });
  for (const agent of [http, https]) {
    const open = agent.createConnection.bind(agent);
    agent.createConnection = (request, done) => {
      const to = { host: request.host ?? "", port: Number(request.port) };
      const refusal = guard.refusal(to);
      if (refusal === undefined)
        return open(proxy === undefined ? { ...request, lookup: guard.lookupFor(to) } : request, done);
      done?.(new ForbiddenAddressError(refusal), new Socket());
      return undefined;
    };
  }
  return { http, https };
}
