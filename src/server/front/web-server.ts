import type { X509Certificate } from "node:crypto";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import type { TLSSocket } from "node:tls";
import type { WebConfig } from "../../config/web/config.ts";
import { seconds, toMilliseconds } from "../../core/units.ts";
import { closeIdleConnections } from "./idle-connections.ts";

/** Longer than the interval of scrapes, a minute by default, so that Prometheus reuses its connections. */
const KEEP_ALIVE = toMilliseconds(seconds(90));

/** HTTP or HTTPS servers, one for each listener, with reloadable TLS settings. */
export interface WebServers {
  /** Creates a server, which does not listen yet. */
  create(): Server;
  /**
   * Applies certificates, versions and ciphers to new connections of all servers. Returns a warning if a change requires a restart
   * and was ignored.
   */
  apply(web: WebConfig): string | undefined;
}

/** Makes servers for HTTPS if the configuration has certificates, else for HTTP. */
export function createWebServers(web: WebConfig | undefined): WebServers {
  const first = web?.tls;
  return first === undefined ? httpServers() : httpsServers(first);
}

function httpServers(): WebServers {
  return {
    create() {
      const server = createHttpServer({ keepAliveTimeout: KEEP_ALIVE });
      closeIdleConnections(server);
      return server;
    },
    apply: ({ tls }) => (tls === undefined ? undefined : "turning HTTPS on requires a restart"),
  };
}

function httpsServers(first: NonNullable<WebConfig["tls"]>): WebServers {
  let current = first;
  const servers: HttpsServer[] = [];
  return {
    create() {
      const server = createHttpsServer({
        ...current.context,
        keepAliveTimeout: KEEP_ALIVE,
        requestCert: current.clients !== "none",
        // Other modes depend on the certificate and are checked below.
        rejectUnauthorized: current.clients === "verified",
      });
      closeIdleConnections(server);
      server.prependListener("secureConnection", (socket: TLSSocket) => {
        if (!isAccepted(socket, current)) socket.destroy();
      });
      // Failed TLS handshakes need no listener: Node.js closes their connections.
      servers.push(server);
      return server;
    },
    apply({ tls }) {
      if (tls === undefined) return "turning HTTPS off requires a restart";
      if (tls.clients !== current.clients) return "changing client_auth_type requires a restart";
      for (const server of servers) server.setSecureContext(tls.context);
      current = tls;
      return undefined;
    },
  };
}

function isAccepted(socket: TLSSocket, { clients, allowedNames }: NonNullable<WebConfig["tls"]>): boolean {
  if (clients === "none" || clients === "any_if_given") return true;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return clients === "verified_if_given";
  if (clients !== "any" && !socket.authorized) return false;
  return allowedNames === undefined || namesOf(certificate).some((name) => allowedNames.includes(name));
}

/** Matches each alternative name. Node.js quotes those with special characters, as JSON. */
const NAME = /(?:^|, )(?:DNS|IP Address|URI|email):("(?:[^"\\]|\\.)*"|[^,]*)/g;

const namesOf = ({ subjectAltName = "" }: X509Certificate): readonly string[] =>
  [...subjectAltName.matchAll(NAME)].map(([, name = ""]) =>
    name.startsWith('"') ? String(JSON.parse(name)) : name,
  );
