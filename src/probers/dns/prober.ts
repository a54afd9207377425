import {
  type Objection,
  type ProbeContext,
  type ProbeResult,
  type Prober,
  type ProbeTarget,
  succeeded,
} from "../../core/prober.ts";
import type { ConnectionGuard } from "../open-connection.ts";
import { readTrust, withDeadline } from "../tls-connection.ts";
import { ask } from "./ask.ts";
import { judge } from "./judge.ts";
import { dnsMetrics } from "./metrics.ts";
import { compileDns, type DnsModule } from "./options.ts";
import { type DnsReason, dnsReasons, type Failure, failure } from "./reasons.ts";
import type { Response } from "./response.ts";
import { samplesOf } from "./samples.ts";
import { type DnsOptions, dnsSchema } from "./schema.ts";
import { parseServerAddress, type ServerAddress } from "./server-address.ts";
import { newTrace, type Trace, tracedPhases } from "./trace.ts";

/**
 * Asks a name server one question and judges the answer. Options, series and verdicts are those of blackbox_exporter's `dns`
 * prober; `docs/blackbox-differences.md` lists the differences.
 * @example
 * const module = dnsProber.compile({ query_name: "example.com", query_type: "SOA" }, compileContext);
 * const { outcome } = await dnsProber.probe({ address: "127.0.0.1:53", configured: true }, module, context);
 */
export const dnsProber = {
  kind: "dns",
  metrics: Object.values(dnsMetrics),
  reasons: dnsReasons,
  schema: dnsSchema,
  costly: false,
  compile: compileDns,
  objection,
  probe: probeDns,
} satisfies Prober<DnsOptions, DnsModule, DnsReason>;

/** Matches what is neither a name nor an address. */
const IMPOSSIBLE_HOST = /^$|[\s/?#@[\]"']/;

/** Objects to a configured target that cannot be a name server. As in blackbox_exporter, such a `?target=` is a failed probe. */
function objection({ address, configured }: ProbeTarget, module: DnsModule): Objection | undefined {
  const { host, port } = addressOf(address, module);
  if (!configured || (port !== undefined && !IMPOSSIBLE_HOST.test(host))) return undefined;
  return { part: "target", want: "a name server: a host or an IP address, with or without a port" };
}

const addressOf = (target: string, { transport }: DnsModule): ServerAddress =>
  parseServerAddress(target, transport === "tls" ? 853 : 53);

async function probeDns(
  target: ProbeTarget,
  module: DnsModule,
  { signal, clock, log, network }: ProbeContext,
): Promise<ProbeResult<DnsReason>> {
  const guard: ConnectionGuard = { signal, clock, log, network, cut: undefined };
  const trace = newTrace();
  return withDeadline(guard, async () => {
    const answered = await request(addressOf(target.address, module), module, guard, trace);
    if (answered.ok) trace.message = answered.message;
    const failed = answered.ok ? judge(answered.message, module, log) : answered;
    return { outcome: failed ?? succeeded, samples: samplesOf(module, trace), phases: tracedPhases(trace) };
  });
}

/** Chooses the address of the server, as blackbox_exporter does, and asks it. */
async function request(
  { host, port }: ServerAddress,
  module: DnsModule,
  guard: ConnectionGuard,
  trace: Trace,
): Promise<Response | Failure> {
  const to = { host, port: port ?? 0 };
  const refused = guard.network.check(to);
  if (refused !== undefined) return refused;
  const resolved = await guard.network.resolve(to, module.ip);
  trace.resolution = resolved.resolution;
  if (!resolved.ok) return failure(resolved.reason, resolved.detail);
  trace.resolve = resolved.resolution.seconds;
  const [ip] = resolved.addresses;
  guard.log("chose an address", { host, ip });
  const { clock } = guard;
  const started = clock.monotonic();
  if (port === undefined) {
    // As in blackbox_exporter, it is found out when the server is connected to.
    trace.connect = clock.monotonic() - started;
    return failure("bad_request", "invalid port in the address");
  }
  const trust = module.transport === "tls" ? await readTrust(module.tls) : undefined;
  if (trust?.ok === false) return trust;
  const { localAddress } = module;
  const server = { ...to, addresses: [ip], ...(localAddress === undefined ? {} : { localAddress }) };
  return ask(server, module, trust?.options, guard, trace);
}
