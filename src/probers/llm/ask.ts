import { defined } from "../../core/defined.ts";
import { excerpt } from "../../core/excerpt.ts";
import { destinationOf, type HttpAgents } from "../../core/network.ts";
import { failed, type Outcome, type ProbeContext, type ProbeTarget } from "../../core/prober.ts";
import type { CompletedHandshake } from "../agents.ts";
import { shownAnswer } from "./answer/answer.ts";
import { exchange } from "./exchange.ts";
import { describe } from "./failure.ts";
import { fill, newValues } from "./judge/prompt.ts";
import { isUsableKey, type LlmModule, UNUSABLE_KEY } from "./options.ts";
import type { Question } from "./questions.ts";
import type { LlmReason } from "./reasons.ts";
import { receive } from "./receive.ts";
import { namesModel, prepare, requestedModel, withoutQuery } from "./request.ts";
import { type LlmVerdict, type Observations, verdictOf } from "./verdict.ts";

/** The part that all questions of a probe share. */
export interface QuestionContext {
  readonly target: ProbeTarget;
  readonly module: LlmModule;
  readonly url: URL;
  readonly credential: Exclude<Credential, { readonly problem: string }>;
  readonly agent: HttpAgents;
  /** Returns the latest TLS handshake of this probe, also one whose certificate was refused. */
  handshake(): CompletedHandshake | undefined;
}

/** The result of one question. */
export interface QuestionResult {
  readonly question: Question;
  readonly evidence: Observations;
  readonly verdict: LlmVerdict;
}

/** Longest beginning of a prompt in the log of a probe, in characters. */
const LONGEST_PROMPT = 200;

/** Asks one question and judges the answer. Never rejects. */
export async function askQuestion(
  { target, module, url, credential, agent }: QuestionContext,
  question: Question,
  context: ProbeContext,
): Promise<QuestionResult> {
  const values = newValues();
  const prepared = prepare(target, module, question, values);
  const model = requestedModel(target, module);
  context.log("asking", {
    method: "POST",
    url: withoutQuery(url),
    stream: module.stream,
    ...defined({ model }),
    prompt: excerpt(fill(question.prompt, values), credential.secrets, LONGEST_PROMPT),
  });
  const reception = receive(module, context);
  const call = {
    ...prepared,
    method: "POST" as const,
    url,
    agent,
    headers: { ...prepared.headers, ...credential.headers },
    proxied: module.proxy !== undefined,
  };
  const finished = await exchange(call, reception.receiver, {
    signal: reception.signal,
    clock: context.clock,
  });
  const response = reception.close(finished);
  const evidence: Observations = {
    ...response,
    exchange: finished,
    url,
    ...defined({ requestedModel: model }),
    namesModel: namesModel(target, module),
    values,
    secrets: credential.secrets,
  };
  const verdict = verdictOf(evidence, module, question.judge);
  const { answer } = response;
  context.log("answered", {
    status: response.status,
    answer: shownAnswer(answer, credential.secrets),
    finish_reason: answer.finish,
    input_tokens: answer.usage.input,
    output_tokens: answer.usage.output,
    correct: verdict.correct,
    seconds: finished.end.earliest - finished.start,
  });
  return { question, evidence, verdict };
}

/** Checks access, credential and TLS before connecting to `url`. Returns a failed outcome if any check fails. */
export async function openTarget(
  target: ProbeTarget,
  module: LlmModule,
  url: URL,
  { signal, network }: ProbeContext,
): Promise<QuestionContext | { readonly refused: Outcome<LlmReason> }> {
  const refuse = (reason: LlmReason, detail: string) => ({ refused: failed(reason, detail) });
  const refused = network.check(destinationOf(url));
  if (refused !== undefined) return { refused };
  const credential = await credentialOf(module);
  if ("problem" in credential) return refuse("auth", credential.problem);
  let latest: CompletedHandshake | undefined;
  const made = await module
    .agents(network, url, (handshake) => {
      latest = handshake;
    })
    .catch((error: unknown) => describe(error));
  if (typeof made === "string") return refuse("tls", made);
  if (!made.ok) return { refused: made };
  // Reading files takes time, so the deadline may have passed.
  if (signal.aborted) return refuse("timeout_connect", "no time was left to connect");
  return { target, module, url, credential, agent: made.agents, handshake: () => latest };
}

/** The secret headers, and the secrets to redact; or the reason why they are not available. */
type Credential =
  | { readonly headers: Readonly<Record<string, string>>; readonly secrets: readonly string[] }
  | { readonly problem: string };

/** Reads the key and the headers of a module. */
async function credentialOf(module: LlmModule): Promise<Credential> {
  try {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(module.headers)) headers[name] = await value.reveal();
    const secrets = [...Object.values(headers), ...(module.proxy?.secrets ?? [])];
    if (module.key === undefined) return { headers, secrets };
    const key = await module.key.reveal();
    if (!isUsableKey(key)) return { problem: `the key is ${UNUSABLE_KEY}` };
    return { headers: { ...module.format.credential(key), ...headers }, secrets: [key, ...secrets] };
  } catch (error) {
    return { problem: `the key cannot be read: ${describe(error)}` };
  }
}
