import type { SecureContextOptions } from "node:tls";
import type { Destination } from "../../core/network.ts";
import { type Failure, failed, type ProbeTarget } from "../../core/prober.ts";
import { USER_AGENT } from "../../core/user-agent.ts";
import { bracketed } from "../ip.ts";
import type { ConnectionGuard } from "../open-connection.ts";
import { readTrust, type TlsPlan } from "../tls-connection.ts";
import { type GrpcAddress, parseGrpcAddress } from "./address.ts";
import type { GrpcModule } from "./options.ts";
import type { GrpcReason } from "./reasons.ts";
import type { GrpcTrace } from "./samples.ts";
import type { HealthCall } from "./session.ts";

const PATH = "/grpc.health.v1.Health/Check";

/** A health check, ready to connect. */
export interface PreparedCheck {
  readonly ok: true;
  /** The addresses to connect to, the chosen one first. The others are for the case that it refuses. */
  readonly destinations: readonly Destination[];
  readonly securing: TlsPlan | undefined;
  readonly call: HealthCall;
}

/** Parses the target, reads the files of the module and chooses an address. */
export async function prepare(
  target: ProbeTarget,
  module: GrpcModule,
  guard: ConnectionGuard,
  trace: GrpcTrace,
): Promise<PreparedCheck | Failure<GrpcReason>> {
  const address = parseGrpcAddress(target.address, module.secure);
  if (typeof address === "string") return failed("bad_request", address);
  const { host, port } = address;
  const { network } = guard;
  const refused = network.check({ host, port });
  if (refused !== undefined) return refused;
  // As in blackbox_exporter, unusable files fail the probe even if it makes no use of them.
  const trust = module.secure || module.tls.custom ? await readTrust(module.tls) : undefined;
  if (trust?.ok === false) return trust;
  const resolved = await network.resolve({ host, port }, module.ip);
  trace.resolution = resolved.resolution;
  if (!resolved.ok) return failed(resolved.reason, resolved.detail);
  const { addresses, others, resolution } = resolved;
  guard.log("resolved", { host, address: addresses[0], seconds: resolution.seconds });
  const usable = module.ip.fallback ? [...addresses, ...others] : addresses;
  return {
    ok: true,
    destinations: usable.map((ip) => ({ host, port, addresses: [ip] })),
    securing: module.secure && trust !== undefined ? planOf(address, module, trust.options) : undefined,
    call: callTo(address, module),
  };
}

const planOf = ({ host }: GrpcAddress, { tls }: GrpcModule, trust: SecureContextOptions): TlsPlan => ({
  trust,
  verify: tls.verify,
  serverName: tls.serverName ?? host,
  protocols: ["h2"],
});

const callTo = (
  address: GrpcAddress,
  { service, request, metadata, secure, tls }: GrpcModule,
): HealthCall => ({
  headers: [
    ":method",
    "POST",
    ":scheme",
    secure ? "https" : "http",
    ":path",
    PATH,
    ":authority",
    secure ? (tls.serverName ?? bracketed(address.host)) : address.authority,
    "content-type",
    "application/grpc",
    "user-agent",
    USER_AGENT,
    "te",
    "trailers",
    ...metadata,
  ],
  body: request,
  service,
});
