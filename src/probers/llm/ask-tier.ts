import { failed, type Outcome, type ProbeContext, type ProbeTarget, succeeded } from "../../core/prober.ts";
import { open } from "./ask.ts";
import { exchange } from "./exchange.ts";
import { describe, reasonOfConnection, reasonOfTimeout } from "./failure.ts";
import { newValues } from "./judge/prompt.ts";
import type { LlmModule } from "./options.ts";
import { prepare, shown } from "./request.ts";
import type { LlmTier } from "./tiers.ts";

/**
 * Asks whether the server answers a path with success: nothing of the answer is read. It says nothing of the model,
 * whose engine may hang behind a server that is well.
 */
export async function askTier(
  target: ProbeTarget,
  module: LlmModule,
  { path }: LlmTier,
  context: ProbeContext,
): Promise<Outcome> {
  const prepared = prepare(target, module, module.questions.first, newValues());
  if ("want" in prepared) return failed("bad_request", `the ${prepared.part} is not ${prepared.want}`);
  const url = new URL(prepared.url.origin);
  url.pathname = path;
  for (const [name, value] of Object.entries(module.query)) url.searchParams.set(name, value);
  const opened = await open(target, module, url, context);
  if ("refused" in opened) return opened.refused;
  let status: number | undefined;
  const call = {
    method: "GET",
    url,
    headers: { "user-agent": "heartbeat-exporter", ...opened.credential.headers },
    agent: opened.agent,
    proxied: module.proxy !== undefined,
  } as const;
  const receiver = {
    head: (code: number) => {
      status = code;
    },
    data: () => true,
  };
  const { ending, progress } = await exchange(call, receiver, context);
  context.log("asked", { url: shown(url), status });
  if (status !== undefined)
    return status >= 200 && status < 300 ? succeeded : failed("http_status", `HTTP ${status}`);
  return ending.kind === "failed"
    ? failed(reasonOfConnection(ending.error, progress, url.hostname, call.proxied), describe(ending.error))
    : failed(reasonOfTimeout(progress, false, false), `given up while ${progress}`);
}
