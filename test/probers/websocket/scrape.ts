import { makeCertificate } from "../../helpers/certificates.ts";
import type { ScrapeFixture } from "../../helpers/scrape-fixture.ts";
import { startWebsocketServer } from "../../helpers/websocket-servers.ts";

/** Starts a server of WebSockets over TLS that asks for a client certificate and greets. */
export default async function start(): Promise<ScrapeFixture> {
  const { cert, key } = makeCertificate({ names: ["IP:127.0.0.1", "DNS:localhost"] });
  const tls = { cert, key, ca: cert, requestCert: true };
  const server = await startWebsocketServer((socket) => socket.send("hello"), { tls });
  return {
    modules:
      "  websocket: { prober: websocket, timeout: 2s, probe_details: true, websocket: { http_config: { tls_config: { ca_file: ws-ca.pem, cert_file: ws-ca.pem, key_file: ws-key.pem } }, query_response: [{ expect: hello }], preferred_ip_protocol: ip4 } }",
    targets: `  - { name: websocket, module: websocket, target: "wss://localhost:${server.port}/" }`,
    files: { "ws-ca.pem": cert, "ws-key.pem": key },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
