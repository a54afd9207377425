import {
  failed,
  type Objection,
  type ProbeContext,
  type ProbeResult,
  type Prober,
  type ProbeTarget,
} from "../../core/prober.ts";
import { isSocketPath } from "../path-policy.ts";
import { conversationSamples } from "../query-response/samples.ts";
import { conversationPhases, newConversationTrace } from "../query-response/trace.ts";
import { type ConversationModule, visit } from "../query-response/visit.ts";
import { unixMetrics } from "./metrics.ts";
import { compileUnix } from "./options.ts";
import { type UnixReason, unixReasons } from "./reasons.ts";
import { type UnixOptions, unixSchema } from "./schema.ts";

/**
 * Connects to a Unix socket and holds a conversation of lines. Options, series and verdicts are those of blackbox_exporter's
 * `unix` prober; `docs/blackbox-differences.md` lists the differences.
 * @example
 * const module = unixProber.compile({ query_response: [{ expect: "^ready$" }] }, compileContext);
 * const { outcome } = await unixProber.probe({ address: "/run/app.sock", configured: true }, module, context);
 */
export const unixProber = {
  kind: "unix",
  metrics: Object.values(unixMetrics),
  reasons: unixReasons,
  schema: unixSchema,
  costly: false,
  // A path names no host, so the sockets of a module share its slots.
  hangsAsOne: true,
  compile: compileUnix,
  objection,
  probe: probeUnix,
} satisfies Prober<UnixOptions, ConversationModule, UnixReason>;

/** Objects to a configured target that is no absolute path. As in blackbox_exporter, such a `?target=` is tried. */
function objection({ address, configured }: ProbeTarget): Objection | undefined {
  if (!configured || isUsable(address)) return undefined;
  return { part: "target", want: "the absolute path of a socket, or an abstract one as @name" };
}

const isUsable = (path: string): boolean => isSocketPath(path) && !path.includes("\0");

async function probeUnix(
  { address, configured }: ProbeTarget,
  module: ConversationModule,
  context: ProbeContext,
): Promise<ProbeResult<UnixReason>> {
  // The kernel would connect to the path before it.
  if (address.includes("\0"))
    return { outcome: failed("bad_request", "the path contains a NUL character"), samples: [] };
  const trace = newConversationTrace();
  const dial = () => context.network.connectUnix(address);
  // As in Go's TLS client, the name of the target is its path, which no certificate has.
  const outcome = await visit({ dial, serverName: address, startTlsName: undefined }, module, context, trace);
  const samples = conversationSamples(trace, module.tls.clientCertificateExpiry(), configured);
  return { outcome, samples, phases: conversationPhases(trace) };
}
