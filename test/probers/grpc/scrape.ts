import { makeCertificate } from "../../helpers/certificates.ts";
import { serverCredentials, startHealthServer } from "../../helpers/grpc-servers.ts";
import type { ScrapeFixture } from "../../helpers/scrape-fixture.ts";

/** Starts a server of gRPC over TLS that asks for a client certificate. */
export default async function start(): Promise<ScrapeFixture> {
  const certificate = makeCertificate({ names: ["IP:127.0.0.1", "DNS:localhost"] });
  const server = await startHealthServer(() => 1, {
    credentials: serverCredentials(certificate, certificate.cert),
  });
  return {
    modules:
      "  grpc: { prober: grpc, timeout: 2s, probe_details: true, grpc: { tls: true, tls_config: { ca_file: grpc-ca.pem, cert_file: grpc-ca.pem, key_file: grpc-key.pem }, preferred_ip_protocol: ip4 } }",
    targets: `  - { name: grpc, module: grpc, target: "localhost:${server.port}" }`,
    files: { "grpc-ca.pem": certificate.cert, "grpc-key.pem": certificate.key },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
