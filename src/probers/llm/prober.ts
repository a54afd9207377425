import type { Objection, ProbeContext, ProbeResult, Prober, ProbeTarget } from "../../core/prober.ts";
import { failed } from "../../core/prober.ts";
import type { FailureReason } from "../../core/reasons.ts";
import { excerpt } from "./excerpt.ts";
import { exchange } from "./exchange.ts";
import { describe } from "./failure.ts";
import { compileLlm, isUsableKey, type LlmModule, UNUSABLE_KEY } from "./options.ts";
import { newNonce } from "./prompt.ts";
import { receive } from "./receive.ts";
import { prepare, requestedModel, shown } from "./request.ts";
import { samplesOf } from "./samples.ts";
import { type LlmOptions, llmSchema } from "./schema.ts";
import { type Evidence, verdict } from "./verdict.ts";

/** Asks a language model a question and judges the answer, measuring it while it comes. */
export const llmProber = {
  kind: "llm",
  schema: llmSchema,
  costly: true,
  compile: compileLlm,
  objection,
  caution,
  probe: probeLlm,
} satisfies Prober<LlmOptions, LlmModule>;

async function probeLlm(target: ProbeTarget, module: LlmModule, context: ProbeContext): Promise<ProbeResult> {
  const nonce = newNonce();
  const prepared = prepare(target, module, nonce);
  if ("want" in prepared) return unasked("bad_request", `the target is not ${prepared.want}`);
  const { url } = prepared;
  const refusal = module.access.refusesTarget(target, url);
  if (refusal !== undefined) return unasked("forbidden_target", refusal);
  const credential = await credentialOf(module);
  if ("problem" in credential) return unasked("auth", credential.problem);
  const agent = await module.agents(url.protocol === "https:").catch((error: unknown) => describe(error));
  if (typeof agent === "string") return unasked("tls", agent);
  // Reading files took time; the deadline may have passed with it.
  if (context.signal.aborted) return unasked("timeout_connect", "no time was left to connect");
  const doubt = caution(target, module);
  if (doubt !== undefined) context.log(`warning: ${doubt}`);

  const model = requestedModel(target, module);
  context.log("asking", {
    url: shown(url),
    stream: module.stream,
    ...(model === undefined ? {} : { model }),
  });
  const reception = receive(module, context);
  const call = {
    ...prepared,
    agent,
    headers: { ...prepared.headers, ...credential.headers },
    refusesAddress: (ip: string) => module.access.refusesAddress(target, url, ip),
  };
  const done = await exchange(call, reception.receiver, { signal: reception.signal, clock: context.clock });
  const received = reception.close(done);
  const evidence: Evidence = {
    ...received,
    exchange: done,
    url,
    ...(model === undefined ? {} : { requestedModel: model }),
    nonce,
    secrets: credential.secrets,
  };
  const judged = verdict(evidence, module);
  const { answer } = received;
  context.log("answered", {
    status: received.status,
    answer: excerpt(answer.output, credential.secrets),
    finish_reason: answer.finish,
    correct: judged.correct,
    seconds: done.end - done.start,
  });
  return {
    outcome: judged.outcome,
    answered: judged.answered,
    samples: samplesOf(evidence, judged),
    ...(received.retryAfter === undefined ? {} : { retryAfter: received.retryAfter }),
  };
}

/** A probe that ended before anything was sent. */
const unasked = (reason: FailureReason, detail: string): ProbeResult => ({
  outcome: failed(reason, detail),
  answered: false,
  samples: [],
});

type Credential =
  | { readonly headers: Readonly<Record<string, string>>; readonly secrets: readonly string[] }
  | { readonly problem: string };

async function credentialOf(module: LlmModule): Promise<Credential> {
  try {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(module.headers)) headers[name] = await value.reveal();
    const secrets = Object.values(headers);
    if (module.key === undefined) return { headers, secrets };
    const key = await module.key.reveal();
    if (!isUsableKey(key)) return { problem: `the key is ${UNUSABLE_KEY}` };
    return { headers: { ...module.format.credential(key), ...headers }, secrets: [key, ...secrets] };
  } catch (error) {
    return { problem: `the key cannot be read: ${describe(error)}` };
  }
}

/** An address that is no URL of a server. */
function objection(target: ProbeTarget, module: LlmModule): Objection | undefined {
  const prepared = prepare(target, module, "");
  return "want" in prepared ? { part: "target", want: prepared.want } : undefined;
}

const LOOPBACK = /^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** A credential that everybody on the way can read. */
function caution(target: ProbeTarget, module: LlmModule): string | undefined {
  const prepared = prepare(target, module, "");
  if ("want" in prepared || prepared.url.protocol !== "http:" || LOOPBACK.test(prepared.url.hostname))
    return undefined;
  const hasCredential = module.key !== undefined || Object.keys(module.headers).length > 0;
  return hasCredential
    ? "the credential of its module goes there in clear text, as the target is no https"
    : undefined;
}
