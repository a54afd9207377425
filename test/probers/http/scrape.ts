import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { makeCertificate } from "../../helpers/certificates.ts";
import type { ScrapeFixture } from "../../helpers/scrape-fixture.ts";

/** Starts an HTTPS server that asks for a client certificate and sends Last-Modified, and a module with a CEL expression and a rule that it is degraded. */
export default async function start(): Promise<ScrapeFixture> {
  const { cert, key } = makeCertificate({ names: ["IP:127.0.0.1", "DNS:localhost"] });
  const server = createServer({ cert, key }, (_req, res) => {
    res.setHeader("Last-Modified", new Date(0).toUTCString()).end("{}");
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    modules: `  tls: { prober: http, timeout: 2s, histograms: [duration, failed_duration], probe_details: true, http: { tls_config: { ca_file: ca.pem, cert_file: ca.pem, key_file: key.pem }, preferred_ip_protocol: ip4, fail_if_body_json_matches_cel: "false", degraded_if_body_matches_regexp: ["."] } }`,
    targets: `  - { name: tls, module: tls, target: "https://localhost:${port}" }`,
    files: { "ca.pem": cert, "key.pem": key },
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}
