import { defined } from "../../core/defined.ts";
import type { Destination } from "../../core/network.ts";
import {
  failed,
  type Objection,
  type Outcome,
  type ProbeContext,
  type ProbeResult,
  type Prober,
  type ProbeTarget,
} from "../../core/prober.ts";
import { isPort, parsePort, splitHostPort } from "../host-port.ts";
import { conversationSamples } from "../query-response/samples.ts";
import { type ConversationTrace, conversationPhases, newConversationTrace } from "../query-response/trace.ts";
import { visit } from "../query-response/visit.ts";
import { tcpMetrics } from "./metrics.ts";
import { compileTcp, type TcpModule } from "./options.ts";
import { type TcpReason, tcpReasons } from "./reasons.ts";
import { type TcpOptions, tcpSchema } from "./schema.ts";
import { portOf } from "./services.ts";

/**
 * Connects to a TCP port, over TLS if the module wants it, and holds a conversation of lines. Options, series and verdicts are
 * those of blackbox_exporter's `tcp` prober; `docs/blackbox-differences.md` lists the differences.
 * @example
 * const module = tcpProber.compile({ query_response: [{ expect: "^SSH-2.0-" }] }, compileContext);
 * const { outcome } = await tcpProber.probe({ address: "127.0.0.1:22", configured: true }, module, context);
 */
export const tcpProber = {
  kind: "tcp",
  metrics: Object.values(tcpMetrics),
  reasons: tcpReasons,
  schema: tcpSchema,
  costly: false,
  compile: compileTcp,
  objection,
  probe: probeTcp,
} satisfies Prober<TcpOptions, TcpModule, TcpReason>;

/** Objects to a configured target that is not host and port. As in blackbox_exporter, such a `?target=` is a failed probe. */
function objection({ address, configured }: ProbeTarget): Objection | undefined {
  if (!configured) return undefined;
  const parts = splitHostPort(address);
  const isAddress = typeof parts !== "string" && parts.host !== "" && isPort(parsePort(parts.port) ?? 0);
  return isAddress && parts.port !== ""
    ? undefined
    : { part: "target", want: "host and port, such as db.example.com:5432 or [2001:db8::1]:22" };
}

async function probeTcp(
  target: ProbeTarget,
  module: TcpModule,
  context: ProbeContext,
): Promise<ProbeResult<TcpReason>> {
  const trace = newConversationTrace();
  const outcome = await probeAddress(target, module, context, trace);
  const samples = conversationSamples(trace, module.tls.clientCertificateExpiry(), target.configured);
  return { outcome, samples, phases: conversationPhases(trace) };
}

async function probeAddress(
  { address, hostname }: ProbeTarget,
  module: TcpModule,
  context: ProbeContext,
  trace: ConversationTrace,
): Promise<Outcome<TcpReason>> {
  const parts = splitHostPort(address);
  if (typeof parts === "string") return failed("bad_request", parts);
  const { host } = parts;
  const port = await portOf(parts.port);
  const to = { host, port: port ?? 0 };
  const located = await locate(to, module, context, trace);
  if (!located.ok) return located;
  if (port === undefined || !isPort(port))
    return failed(
      "bad_request",
      `${JSON.stringify(parts.port)} is neither a port nor a service of /etc/services`,
    );
  const serverName = hostname || host;
  const dial = () => context.network.connect({ ...to, ...located.from });
  return visit({ dial, serverName, startTlsName: serverName }, module, context, trace);
}

type Located = { readonly ok: true; readonly from: Pick<Destination, "addresses" | "localAddress"> };

/** Chooses the address to connect to. */
async function locate(
  to: Destination,
  { ip, localAddress }: TcpModule,
  { network, log }: ProbeContext,
  trace: ConversationTrace,
): Promise<Located | Extract<Outcome<TcpReason>, { ok: false }>> {
  const refused = network.check(to);
  if (refused !== undefined) return refused;
  const resolved = await network.resolve(to, ip);
  trace.resolution = resolved.resolution;
  if (!resolved.ok) return failed(resolved.reason, resolved.detail);
  log("resolved", { address: resolved.addresses[0], seconds: resolved.resolution.seconds });
  return { ok: true, from: { addresses: resolved.addresses, ...defined({ localAddress }) } };
}
