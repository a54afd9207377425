import { defined } from "../../core/defined.ts";
import {
  type Objection,
  type ProbeContext,
  type ProbeResult,
  type Prober,
  type ProbeTarget,
  succeeded,
} from "../../core/prober.ts";
import { seconds } from "../../core/units.ts";
import { parseAddress } from "../http-address.ts";
import { isConfidential } from "../http-headers.ts";
import { withDeadline } from "../tls-connection.ts";
import { judge } from "./judge.ts";
import { httpMetrics } from "./metrics.ts";
import { compileHttp, type HttpModule } from "./options.ts";
import { conflictingHostname } from "./prepare.ts";
import { type HttpReason, httpReasons } from "./reasons.ts";
import { samplesOf } from "./samples.ts";
import { type HttpOptions, httpSchema } from "./schema.ts";
import type { Guard } from "./transport/steps.ts";
import { newTrace, phaseLength, tracedPhases } from "./transport/trace.ts";
import { visit } from "./visit.ts";

/**
 * Requests an HTTP resource over a new connection and judges the response. Options, series and verdicts are those of
 * blackbox_exporter's `http` prober; `docs/blackbox-differences.md` lists the differences.
 * @example
 * const module = httpProber.compile({ valid_status_codes: ["2xx"] }, compileContext);
 * const { outcome } = await httpProber.probe({ address: "http://127.0.0.1:8080/", configured: true }, module, context);
 */
export const httpProber = {
  kind: "http",
  metrics: Object.values(httpMetrics),
  reasons: httpReasons,
  schema: httpSchema,
  costly: false,
  compile: compileHttp,
  sendsCredential: ({ credentials, headers: { fixed, fromFiles } }) =>
    credentials !== undefined ||
    fromFiles !== undefined ||
    fixed.some(({ name, confidential }) => confidential || isConfidential(name)),
  objection,
  probe: probeHttp,
} satisfies Prober<HttpOptions, HttpModule, HttpReason>;

/**
 * Objects to `?hostname=` if the module sets the Host header, and to a configured target that is not an address. As in
 * blackbox_exporter, an invalid `?target=` is a failed probe instead.
 */
function objection(
  { address, configured, hostname }: ProbeTarget,
  module: HttpModule,
): Objection | undefined {
  if (hostname !== undefined && conflictingHostname(module, hostname)) {
    return { part: "hostname", want: "no hostname, because the module sets the Host header" };
  }
  const wrong = configured && typeof parseAddress(address) === "string";
  return wrong
    ? { part: "target", want: "an http or https URL, or a host with or without a port" }
    : undefined;
}

async function probeHttp(
  target: ProbeTarget,
  module: HttpModule,
  { signal, clock, log, network }: ProbeContext,
): Promise<ProbeResult<HttpReason>> {
  const guard: Guard = { signal, clock, log, network, cut: undefined };
  const trace = newTrace();
  const started = clock.monotonic();
  return withDeadline(guard, async () => {
    const visited = await visit(target, module, guard, trace);
    if (!visited.ok) {
      const samples = samplesOf(module, trace, undefined, undefined);
      return { outcome: visited, samples, phases: tracedPhases(trace) };
    }
    const verdict = await judge(visited, module, guard);
    if (visited.exchange.status === 401) module.credentials?.rejected?.();
    trace.transfer += phaseLength(verdict.ended - visited.responded.latest);
    const { values } = verdict;
    const samples = [...samplesOf(module, trace, visited, verdict), ...(values?.samples ?? [])];
    const failure = verdict.failure ?? values?.failure;
    const duration = seconds(verdict.ended - started);
    const phases = tracedPhases(trace);
    if (failure !== undefined) return { outcome: failure, samples, phases, duration };
    return {
      outcome: succeeded,
      samples,
      phases,
      duration,
      ...defined({ degraded: verdict.degraded ?? values?.degraded }),
    };
  });
}
