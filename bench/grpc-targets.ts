/** Real servers of gRPC with the health service, in plain text and over TLS, in a process of their own so that their work is not counted as the exporter's. */
import { makeCertificate } from "../test/helpers/certificates.ts";
import { serverCredentials, startHealthServer } from "../test/helpers/grpc-servers.ts";

process.on("disconnect", () => process.exit());
const credentials = serverCredentials(makeCertificate({ names: ["IP:127.0.0.1"] }));
const [plain, tls] = await Promise.all([
  startHealthServer(() => 1),
  startHealthServer(() => 1, { credentials }),
]);
process.send?.({ grpc: plain.port, grpc_tls: tls.port });
