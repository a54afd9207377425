import { join } from "node:path";
import { makeCertificate } from "../../helpers/certificates.ts";
import { serveSecurely } from "../../helpers/line-servers.ts";
import type { ScrapeFixture } from "../../helpers/scrape-fixture.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

/** Starts a Unix socket that greets over TLS, and a module whose match has no labels. */
export default async function start(): Promise<ScrapeFixture> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const { cert, key } = makeCertificate({ names: ["DNS:app.example"] });
  const path = join(folder.path, "app.sock");
  const options = { cert, key, requestCert: true, rejectUnauthorized: false };
  resources.use(await serveSecurely(options, (socket) => void socket.end("ready\n"), { path }));
  const owned = resources.move();
  return {
    modules:
      "  socket: { prober: unix, timeout: 2s, probe_details: true, unix: { tls: true, tls_config: { ca_file: socket.pem, cert_file: socket.pem, key_file: socket-key.pem, server_name: app.example }, query_response: [{ expect: ready, labels: [] }] } }",
    targets: `  - { name: socket, module: socket, target: "${path}" }`,
    files: { "socket.pem": cert, "socket-key.pem": key },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
