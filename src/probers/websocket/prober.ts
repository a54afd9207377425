import {
  type Objection,
  type Outcome,
  type ProbeContext,
  type ProbeResult,
  type Prober,
  type ProbeTarget,
  succeeded,
} from "../../core/prober.ts";
import { isConfidential } from "../http-headers.ts";
import { type ConnectionGuard, openConnection } from "../open-connection.ts";
import { withDeadline } from "../tls-connection.ts";
import { parseWebsocketAddress } from "./address.ts";
import { type HandshakeResult, upgrade } from "./connection.ts";
import { converse } from "./conversation.ts";
import { websocketMetrics } from "./metrics.ts";
import { compileWebsocket, type WebsocketModule } from "./options.ts";
import { type PreparedProbe, prepare } from "./prepare.ts";
import { type WebsocketReason, websocketReasons } from "./reasons.ts";
import { newTrace, phasesIn, samplesOf, type WebsocketTrace } from "./samples.ts";
import { type WebsocketOptions, websocketSchema } from "./schema.ts";

/**
 * Makes the handshake of a WebSocket over a new connection, and talks with the target. Options and series are those of the
 * `websocket` prober of blackbox_exporter, which is newer than 0.28.0.
 * @example
 * const module = websocketProber.compile({ query_response: [{ expect: "^hello" }] }, compileContext);
 * const { outcome } = await websocketProber.probe({ address: "ws://127.0.0.1:8080/", configured: true }, module, context);
 */
export const websocketProber = {
  kind: "websocket",
  metrics: Object.values(websocketMetrics),
  reasons: websocketReasons,
  schema: websocketSchema,
  costly: false,
  compile: compileWebsocket,
  sendsCredential: ({ credentials, headers: { fixed, fromFiles } }) =>
    credentials !== undefined ||
    fromFiles !== undefined ||
    fixed.some(({ name, secret }) => secret || isConfidential(name)),
  objection,
  probe: probeWebsocket,
} satisfies Prober<WebsocketOptions, WebsocketModule, WebsocketReason>;

/** Objects to a configured target that is not an address. An invalid `?target=` is a failed probe instead. */
function objection({ address, configured }: ProbeTarget): Objection | undefined {
  const wrong = configured && typeof parseWebsocketAddress(address) === "string";
  return wrong ? { part: "target", want: "a ws or wss URL without a user" } : undefined;
}

async function probeWebsocket(
  target: ProbeTarget,
  module: WebsocketModule,
  { signal, clock, log, network }: ProbeContext,
): Promise<ProbeResult<WebsocketReason>> {
  const guard: ConnectionGuard = { signal, clock, log, network, cut: undefined };
  const trace = newTrace();
  return withDeadline(guard, async () => {
    const prepared = await prepare(target, module, guard, trace);
    const outcome = prepared.ok ? await visit(prepared, module, guard, trace) : prepared;
    return { outcome, samples: samplesOf(module, trace), phases: phasesIn(trace) };
  });
}

/** Connects, makes the handshakes, and talks with the target. */
async function visit(
  prepared: PreparedProbe,
  { steps }: WebsocketModule,
  guard: ConnectionGuard,
  trace: WebsocketTrace,
): Promise<Outcome<WebsocketReason>> {
  const now = (): number => (guard.signal.aborted ? guard.clock.monotonic() : guard.clock.arrival().earliest);
  const started = guard.clock.monotonic();
  const upgraded = await connect(prepared, guard, trace);
  const begun = now();
  trace.processing = Math.max(0, begun - started - trace.connect);
  if (!upgraded.ok) return upgraded;
  trace.upgraded = true;
  guard.log("upgraded", { seconds: trace.processing });
  if (steps.length === 0) {
    upgraded.close();
    return succeeded;
  }
  const outcome = await converse(upgraded, steps, prepared.secrets, guard);
  trace.transfer = Math.max(0, now() - begun);
  trace.stepFailed = !outcome.ok;
  upgraded.close();
  return outcome;
}

async function connect(
  { destination, securing, handshake }: PreparedProbe,
  guard: ConnectionGuard,
  trace: WebsocketTrace,
): Promise<HandshakeResult> {
  const opened = await openConnection(destination, securing, guard, trace);
  if (!opened.ok) return { ...opened, status: 0 };
  const result = await upgrade(opened.socket, handshake, guard);
  trace.status = result.status;
  return result;
}
