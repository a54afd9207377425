import { makeCertificate } from "../../helpers/certificates.ts";
import { serveSecurely } from "../../helpers/line-servers.ts";
import type { ScrapeFixture } from "../../helpers/scrape-fixture.ts";

/** Starts a server that greets over TLS and asks for a client certificate, and a module whose match has no labels. */
export default async function start(): Promise<ScrapeFixture> {
  const { cert, key } = makeCertificate({ names: ["IP:127.0.0.1"] });
  const server = await serveSecurely(
    { cert, key, requestCert: true, rejectUnauthorized: false },
    (socket) => {
      socket.end("220 ready\r\n");
    },
  );
  return {
    modules:
      "  lines: { prober: tcp, timeout: 2s, probe_details: true, tcp: { tls: true, tls_config: { ca_file: lines.pem, cert_file: lines.pem, key_file: lines-key.pem }, query_response: [{ expect: ^220, labels: [] }] } }",
    targets: `  - { name: lines, module: lines, target: "${server.address}" }`,
    files: { "lines.pem": cert, "lines-key.pem": key },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
