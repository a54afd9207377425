import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { type LookupFunction, Socket } from "node:net";
import { checkServerIdentity, TLSSocket } from "node:tls";
import {
  type AgentSettings,
  type Destination,
  ForbiddenAddressError,
  type HttpAgents,
  type TlsOptions,
} from "../../core/network.ts";
import { sentCertificates } from "../tls-facts.ts";

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
export function createAgents({ tls, proxy, onHandshake }: AgentSettings, guard: AgentGuard): HttpAgents {
  const options = {
    keepAlive: false,
    ...(proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }),
  };
  const inspection = onHandshake === undefined ? undefined : inspect(tls, onHandshake);
  const http = new HttpAgent(options);
  const https = new HttpsAgent({ ...options, ...tls, ...inspection?.tls, maxCachedSessions: 0 });
  for (const agent of [http, https]) {
    const create = agent.createConnection.bind(agent);
    const open = inspection === undefined ? create : inspection.watch(create);
    agent.createConnection = (request, done) => {
      const unresolved = proxy !== undefined;
      const to = { host: request.host ?? "", port: Number(request.port), unresolved };
      const refusal = guard.refusal(to);
      if (refusal === undefined)
        return open(proxy === undefined ? { ...request, lookup: guard.lookupFor(to) } : request, done);
      done?.(new ForbiddenAddressError(refusal), new Socket());
      return undefined;
    };
  }
  return { http, https };
}

type CreateConnection = HttpAgent["createConnection"];

/** Replaces the verification of certificates, which closes a connection before its certificate can be read. */
interface Inspection {
  /** Settings that accept every certificate, for connections that `watch` verifies. */
  readonly tls: TlsOptions;
  /** Returns a function that opens connections like `create`, and closes those whose certificate is not valid. */
  watch(create: CreateConnection): CreateConnection;
}

function inspect(tls: TlsOptions = {}, onHandshake: NonNullable<AgentSettings["onHandshake"]>): Inspection {
  const verify = tls.rejectUnauthorized ?? true;
  const checkIdentity = tls.checkServerIdentity ?? checkServerIdentity;
  /** The result of the check of the name, which Node.js makes in the same tick as it completes the handshake. */
  let mismatch: Error | undefined;

  /** Returns why a connection must not be used. */
  const refusalOf = (socket: TLSSocket): Error | undefined => {
    const wrongName = mismatch;
    mismatch = undefined;
    const sent = sentCertificates(socket);
    try {
      onHandshake(socket, sent);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    if (!verify || socket.authorized) return undefined;
    const [leaf] = sent;
    const until = leaf === undefined ? "" : `, valid until ${leaf.validTo}`;
    return (
      wrongName ?? new Error(`the certificate is not valid: ${String(socket.authorizationError)}${until}`)
    );
  };

  return {
    tls: {
      rejectUnauthorized: false,
      checkServerIdentity(host, certificate) {
        mismatch = checkIdentity(host, certificate);
        return mismatch;
      },
    },
    watch: (create) => (request, done) => {
      // A connection through a proxy is handed over after its handshake, and any other one before it.
      const socket = create(request, (error, opened) => {
        const refusal = error === null && opened instanceof TLSSocket ? refusalOf(opened) : undefined;
        if (refusal !== undefined) opened.destroy();
        done?.(refusal ?? error, opened);
      });
      if (socket instanceof TLSSocket)
        socket.once("secureConnect", () => {
          const refusal = refusalOf(socket);
          if (refusal !== undefined) socket.destroy(refusal);
        });
      return socket;
    },
  };
}
