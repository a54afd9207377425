import type { X509Certificate } from "node:crypto";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { TLSSocket } from "node:tls";
import type { WebConfig } from "../../config/web/config.ts";
import { seconds, toMilliseconds } from "../../core/units.ts";

/** Prometheus keeps its connections between scrapes, which are a minute apart by default. */
const KEEP_ALIVE = toMilliseconds(seconds(90));

/** A server, and the way to give it other certificates. */
export interface WebServer {
  readonly server: Server;
  /**
   * Takes over certificates, versions and ciphers, for new connections.
   * @returns what of it needs a restart, and so was left as it was; `undefined` when nothing does
   */
  apply(web: WebConfig): string | undefined;
}

/** HTTP, or HTTPS where the configuration has certificates. Nothing listens yet. */
export function createWebServer(web: WebConfig | undefined): WebServer {
  const first = web?.tls;
  if (first === undefined) {
    return {
      server: createHttpServer({ keepAliveTimeout: KEEP_ALIVE }),
      apply: ({ tls }) => (tls === undefined ? undefined : "HTTPS is turned on by a restart only"),
    };
  }
  let current = first;
  const server = createHttpsServer({
    ...first.context,
    keepAliveTimeout: KEEP_ALIVE,
    requestCert: first.clients !== "none",
    // Judged below, where it depends on what the client shows.
    rejectUnauthorized: first.clients === "verified",
  });
  server.prependListener("secureConnection", (socket: TLSSocket) => {
    if (!isWelcome(socket, current)) socket.destroy();
  });
  // A client that cannot agree on TLS is its own affair; without a listener Node.js closes the connection as well.
  return {
    server,
    apply({ tls }) {
      if (tls === undefined) return "HTTPS is turned off by a restart only";
      if (tls.clients !== current.clients) return "client_auth_type is changed by a restart only";
      server.setSecureContext(tls.context);
      current = tls;
      return undefined;
    },
  };
}

function isWelcome(socket: TLSSocket, { clients, allowedNames }: NonNullable<WebConfig["tls"]>): boolean {
  if (clients === "none" || clients === "any_if_given") return true;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return clients === "verified_if_given";
  if (clients !== "any" && !socket.authorized) return false;
  return allowedNames === undefined || namesOf(certificate).some((name) => allowedNames.includes(name));
}

/** Each alternative name; Node.js puts those with special letters in them into quotes, as JSON. */
const NAME = /(?:^|, )(?:DNS|IP Address|URI|email):("(?:[^"\\]|\\.)*"|[^,]*)/g;

const namesOf = ({ subjectAltName = "" }: X509Certificate): readonly string[] =>
  [...subjectAltName.matchAll(NAME)].map(([, name = ""]) =>
    name.startsWith('"') ? String(JSON.parse(name)) : name,
  );
