import type { Hop } from "./hop.ts";
import type { HttpModule } from "./options.ts";
import type { PreparedRequest } from "./prepare.ts";
import { bracketed } from "./transport/address.ts";
import type { Proxy } from "./transport/proxy.ts";
import { lookupAll } from "./transport/resolve.ts";
import { type Connection, type Destination, openRoute, toAny } from "./transport/route.ts";
import { type Failure, failure, type Guard } from "./transport/steps.ts";
import type { Trace } from "./transport/trace.ts";

/**
 * Opens the connection for `hop`. Its times are only noted when it stands: a handshake that fails leaves them at 0,
 * as in blackbox_exporter.
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
  const refused =
    hop.ip === undefined ? module.policy.refusesHost(address.host, address.port, hop.trusted) : undefined;
  if (refused !== undefined) return failure("forbidden_target", refused);
  const route = {
    address,
    locate: () => locate(hop, module, guard, trace),
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

/** The target's chosen address; on redirects to names, all addresses that the policy allows. */
async function locate(
  { address: { host, port }, ip, trusted }: Hop,
  { policy }: HttpModule,
  guard: Guard,
  trace: Trace,
): Promise<Destination | Failure> {
  if (ip !== undefined) return { host: ip, port, noDelay: true };
  const started = guard.clock.monotonic();
  const found = await lookupAll(host, guard);
  trace.resolve = (trace.resolve ?? 0) + (guard.clock.monotonic() - started);
  if ("ok" in found) return found;
  const refusals = found.map(({ address }) => policy.refusesAddress(address, host, port, trusted));
  const allowed = found.filter((_, i) => refusals[i] === undefined);
  if (allowed.length > 0) return toAny(host, port, allowed);
  return failure("forbidden_target", refusals[0] ?? `${host} has no address`);
}
