import type { Destination } from "../../core/network.ts";
import { parseAddress } from "../http-address.ts";
import { bracketed } from "../ip.ts";
import type { Hop } from "./hop.ts";
import type { HttpModule } from "./options.ts";
import type { PreparedRequest } from "./prepare.ts";
import type { Proxy } from "./transport/proxy.ts";
import { type Connection, openRoute } from "./transport/route.ts";
import { type Failure, failure, type Guard } from "./transport/steps.ts";
import type { Trace } from "./transport/trace.ts";

/**
 * Opens the connection for `hop`. Its times are recorded only on success: as in blackbox_exporter, they are 0 if the
 * handshake fails.
 */
export async function openConnection(
  hop: Hop,
  proxy: Proxy | undefined,
  { serverName }: PreparedRequest,
  module: HttpModule,
  guard: Guard,
  trace: Trace,
): Promise<Connection | Failure> {
  const { address } = hop;
  const unresolved = proxy !== undefined;
  const refused =
    (hop.ip === undefined ? guard.network.check({ ...destinationOf(hop), unresolved }) : undefined) ??
    (unresolved && !address.tls ? checkHost(hop, guard) : undefined);
  if (refused !== undefined) return refused;
  const route = {
    address,
    network: guard.network,
    locate: () => locate(hop, guard, trace),
    authority: `${bracketed(hop.ip ?? address.host)}:${address.port}`,
    proxy,
    tls: module.tls,
    serverName: hop.atTarget ? serverName : address.host,
    protocols: module.protocols,
  };
  const connection = await openRoute(route, guard, (peer) => {
    trace.peer = peer;
  });
  if (!connection.ok) return connection;
  trace.connect += connection.times.connect;
  trace.tls += connection.times.tls;
  return connection;
}

const destinationOf = ({ address: { host, port }, trusted }: Hop): Destination => ({
  host,
  port,
  redirected: !trusted,
});

/** Checks `?hostname=`: a plain request through a proxy names the server by its Host header alone. */
function checkHost({ host, foreignHost, address }: Hop, { network }: Guard): Failure | undefined {
  if (!foreignHost) return undefined;
  const named = parseAddress(`http://${host}`);
  if (typeof named === "string") return failure("bad_request", `hostname: ${named}`);
  const port = named.authority === bracketed(named.host) ? address.port : named.port;
  return network.check({ host: named.host, port, redirected: true, unresolved: true });
}

/** Returns the address chosen for the target or, after a redirect to a name, all permitted addresses of that name. */
async function locate(hop: Hop, guard: Guard, trace: Trace): Promise<Destination | Failure> {
  const to = destinationOf(hop);
  if (hop.ip !== undefined) return { ...to, addresses: [hop.ip] };
  const found = await guard.network.resolve(to);
  // As in blackbox_exporter, the phase is missing for a target that a proxy was to resolve and no proxy is used for.
  if (trace.redirects > 0) trace.resolve = (trace.resolve ?? 0) + found.resolution.seconds;
  return found.ok ? { ...to, addresses: found.addresses } : failure(found.reason, found.detail);
}
