import { failed, type Outcome, type ProbeContext, type ProbeTarget } from "../../core/prober.ts";
import type { FailureReason } from "../../core/reasons.ts";
import type { Opened } from "./ask.ts";
import { credentialOf } from "./credential.ts";
import { describe } from "./failure.ts";
import type { LlmModule } from "./options.ts";

/** Everything that has to be in order before something is sent to `url`, or why it is not. */
export async function open(
  target: ProbeTarget,
  module: LlmModule,
  url: URL,
  { signal }: ProbeContext,
): Promise<Opened | { readonly refused: Outcome }> {
  const refuse = (reason: FailureReason, detail: string) => ({ refused: failed(reason, detail) });
  const refusal = module.access.refusesTarget(target, url);
  if (refusal !== undefined) return refuse("forbidden_target", refusal);
  const credential = await credentialOf(module);
  if ("problem" in credential) return refuse("auth", credential.problem);
  const agent = await module.agents(url.protocol === "https:").catch((error: unknown) => describe(error));
  if (typeof agent === "string") return refuse("tls", agent);
  // Reading files took time; the deadline may have passed with it.
  if (signal.aborted) return refuse("timeout_connect", "no time was left to connect");
  return { target, module, credential, agent };
}
