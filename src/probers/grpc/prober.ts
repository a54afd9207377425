import {
  failed,
  type Objection,
  type Outcome,
  type ProbeContext,
  type ProbeResult,
  type Prober,
  type ProbeTarget,
  succeeded,
} from "../../core/prober.ts";
import { isConfidential } from "../http-headers.ts";
import type { ConnectionGuard } from "../open-connection.ts";
import { withDeadline } from "../tls-connection.ts";
import { hasOtherScheme, parseGrpcAddress } from "./address.ts";
import { checkHealth } from "./check.ts";
import { SERVING, SERVING_STATUSES } from "./health-messages.ts";
import { grpcMetrics } from "./metrics.ts";
import { compileGrpc, type GrpcModule } from "./options.ts";
import { prepare } from "./prepare.ts";
import { type GrpcReason, grpcReasons } from "./reasons.ts";
import type { CallResult } from "./reply.ts";
import { newTrace, phasesIn, samplesOf } from "./samples.ts";
import { type GrpcOptions, grpcSchema } from "./schema.ts";

/**
 * Asks the standard health service of a server of gRPC, `grpc.health.v1.Health/Check`, over a new connection. Options, series
 * and verdicts are those of blackbox_exporter's `grpc` prober; `docs/blackbox-differences.md` lists the differences.
 * @example
 * const module = grpcProber.compile({ service: "shop.Orders" }, compileContext);
 * const { outcome } = await grpcProber.probe({ address: "127.0.0.1:50051", configured: true }, module, context);
 */
export const grpcProber = {
  kind: "grpc",
  metrics: Object.values(grpcMetrics),
  reasons: grpcReasons,
  schema: grpcSchema,
  costly: false,
  compile: compileGrpc,
  sendsCredential: ({ metadata }) => metadata.some((text, i) => i % 2 === 0 && isConfidential(text)),
  objection,
  probe: probeGrpc,
} satisfies Prober<GrpcOptions, GrpcModule, GrpcReason>;

/** Objects to a configured target that is not an address. As in blackbox_exporter, an invalid `?target=` is a failed probe instead. */
function objection({ address, configured }: ProbeTarget, { secure }: GrpcModule): Objection | undefined {
  const wrong =
    configured && (hasOtherScheme(address) || typeof parseGrpcAddress(address, secure) === "string");
  return wrong ? { part: "target", want: "a host with or without a port" } : undefined;
}

async function probeGrpc(
  target: ProbeTarget,
  module: GrpcModule,
  { signal, clock, log, network }: ProbeContext,
): Promise<ProbeResult<GrpcReason>> {
  const guard: ConnectionGuard = { signal, clock, log, network, cut: undefined };
  const trace = newTrace();
  return withDeadline(guard, async () => {
    const prepared = await prepare(target, module, guard, trace);
    if (!prepared.ok)
      return { outcome: prepared, samples: samplesOf(module, trace, undefined), phases: phasesIn(trace) };
    const started = clock.monotonic();
    const result = await checkHealth(prepared, guard, trace);
    trace.check = (signal.aborted ? clock.monotonic() : clock.arrival().earliest) - started;
    return {
      outcome: outcomeOf(result, module),
      samples: samplesOf(module, trace, result),
      phases: phasesIn(trace),
    };
  });
}

function outcomeOf(result: CallResult, { service }: GrpcModule): Outcome<GrpcReason> {
  if (!result.ok) return failed(result.reason, result.detail);
  if (result.serving === SERVING) return succeeded;
  const name = SERVING_STATUSES[result.serving] ?? `of the unknown status ${result.serving}`;
  const what = service === "" ? "the server" : `the service ${JSON.stringify(service)}`;
  return failed("not_serving", `${what} is ${name}, want SERVING`);
}
