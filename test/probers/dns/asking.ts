import { beforeAll } from "vitest";
import type { ProbeResult } from "../../../src/core/prober.ts";
import type { DnsOptions } from "../../../src/probers/dns/schema.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import {
  type NameServer,
  type ReceivedQuery,
  type Respond,
  startNameServer,
} from "../../helpers/name-server.ts";
import { type ProbeSettings, probe } from "./probe.ts";

/** The certificate of the server. */
export const certificate = makeCertificate({ names: ["IP:127.0.0.1", "DNS:localhost"] });

/** Options of queries over TCP, and over TLS. */
export const TCP = { transport_protocol: "tcp" } as const;
export const TLS = { ...TCP, dns_over_tls: true, tls_config: { ca: certificate.cert } } as const;

/** The result of a probe, with its name and the queries that the server received. */
export interface Asked extends ProbeResult {
  readonly name: string;
  readonly received: readonly ReceivedQuery[];
}

/** Asks the server of a test file. */
export interface Asking {
  /** Probes the server about a name of its own, for which `respond` answers. */
  readonly ask: (respond: Respond, options?: DnsOptions, settings?: ProbeSettings) => Promise<Asked>;
  /** The port of the server for UDP and TCP. */
  readonly port: () => number;
}

/** Starts a server before the tests of a file, and stops it after them. */
export function askServer(): Asking {
  const responders = new Map<string, Respond>();
  let server: NameServer;
  beforeAll(async () => {
    server = await startNameServer((query, responder) => responders.get(query.name)?.(query, responder), {
      tls: certificate,
    });
    return () => server[Symbol.asyncDispose]();
  });
  return {
    port: () => server.port,
    async ask(respond, options = {}, settings = {}) {
      const name = `case${responders.size}.test`;
      responders.set(name, respond);
      const address = `127.0.0.1:${options.dns_over_tls === true ? server.tlsPort : server.port}`;
      const result = await probe(address, { query_type: "A", ...options, query_name: name }, settings);
      return { ...result, name, received: server.received.filter((each) => each.name === name) };
    },
  };
}
