import { failed, type Outcome, type ProbeContext, type ProbeTarget, succeeded } from "../../core/prober.ts";
import { openTarget } from "./ask.ts";
import { exchange } from "./exchange.ts";
import { describe, reasonOfConnection, reasonOfTimeout } from "./failure.ts";
import type { LlmModule } from "./options.ts";
import type { LlmReason } from "./reasons.ts";
import { endpointOf, outcomeOfObjection, withoutQuery } from "./request.ts";
import type { LlmTier } from "./tiers.ts";

/**
 * Requests the path of a tier from the target's server; a 2xx status is a success, and the body is not read. Success says
 * nothing about the model, whose engine may hang behind a healthy server.
 */
export async function askTier(
  target: ProbeTarget,
  module: LlmModule,
  { path }: LlmTier,
  context: ProbeContext,
): Promise<Outcome<LlmReason>> {
  const endpoint = endpointOf(target, module);
  if (!(endpoint instanceof URL)) return outcomeOfObjection(endpoint);
  const url = new URL(endpoint.origin);
  url.pathname = path;
  for (const [name, value] of Object.entries(module.query)) url.searchParams.set(name, value);
  const shared = await openTarget(target, module, url, context);
  if ("refused" in shared) return shared.refused;
  let status: number | undefined;
  const call = {
    method: "GET",
    url,
    headers: { "user-agent": "heartbeat-exporter", ...shared.credential.headers },
    agent: shared.agent,
    proxied: module.proxy !== undefined,
  } as const;
  const receiver = {
    head: (code: number) => {
      status = code;
    },
    data: () => true,
  };
  const { ending, progress } = await exchange(call, receiver, context);
  context.log("asked", { url: withoutQuery(url), status });
  if (status !== undefined)
    return status >= 200 && status < 300 ? succeeded : failed("http_status", `HTTP ${status}`);
  return ending.kind === "failed"
    ? failed(reasonOfConnection(ending.error, progress, url.hostname, call.proxied), describe(ending.error))
    : failed(reasonOfTimeout(progress, false, false), `deadline passed while ${progress}`);
}
