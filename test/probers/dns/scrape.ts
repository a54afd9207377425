import { makeCertificate } from "../../helpers/certificates.ts";
import { data, name, record, response, string, u32 } from "../../helpers/dns-messages.ts";
import { startNameServer } from "../../helpers/name-server.ts";
import type { ScrapeFixture } from "../../helpers/scrape-fixture.ts";

/** Starts a name server with TLS that asks for a client certificate, and a module that asks it for the serial number of a zone. */
export default async function start(): Promise<ScrapeFixture> {
  const { cert, key } = makeCertificate({ names: ["IP:127.0.0.1", "DNS:localhost"] });
  const soa = data(name("ns.zone.test"), name("admin.zone.test"), u32(42, 1, 1, 1, 1));
  const server = await startNameServer(
    ({ content }, { send }) => send(response(content, { answer: [record(6, soa), record(16, string("x"))] })),
    { tls: { cert, key } },
  );
  return {
    modules: `  zone: { prober: dns, timeout: 2s, probe_details: true, dns: { query_name: zone.test, query_type: SOA, transport_protocol: tcp, dns_over_tls: true, tls_config: { ca_file: dns-ca.pem, cert_file: dns-ca.pem, key_file: dns-key.pem }, preferred_ip_protocol: ip4 } }`,
    targets: `  - { name: zone, module: zone, target: "localhost:${server.tlsPort}" }`,
    files: { "dns-ca.pem": cert, "dns-key.pem": key },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
