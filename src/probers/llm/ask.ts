import { defined } from "../../core/defined.ts";
import { destinationOf, type HttpAgents } from "../../core/network.ts";
import { failed, type Outcome, type ProbeContext, type ProbeTarget } from "../../core/prober.ts";
import type { FailureReason } from "../../core/reasons.ts";
import { shownAnswer } from "./answer/answer.ts";
import { exchange } from "./exchange.ts";
import { describe } from "./failure.ts";
import { newValues } from "./judge/prompt.ts";
import { isUsableKey, type LlmModule, UNUSABLE_KEY } from "./options.ts";
import type { Question } from "./questions.ts";
import { receive } from "./receive.ts";
import { prepare, requestedModel, shown } from "./request.ts";
import { type LlmVerdict, type Observations, verdict } from "./verdict.ts";

/** What all questions of a probe have in common. */
export interface QuestionContext {
  readonly target: ProbeTarget;
  readonly module: LlmModule;
  readonly credential: Exclude<Credential, { readonly problem: string }>;
  readonly agent: HttpAgents;
}

/** What came of one question. */
export interface QuestionResult {
  readonly question: Question;
  readonly evidence: Observations;
  readonly verdict: LlmVerdict;
}

/** Asks one question and judges the answer. Never rejects. */
export async function askQuestion(
  { target, module, credential, agent }: QuestionContext,
  question: Question,
  context: ProbeContext,
): Promise<QuestionResult> {
  const values = newValues();
  const prepared = prepare(target, module, question, values);
  if ("want" in prepared) throw new Error(`a target that was asked before has no ${prepared.part}`);
  const { url } = prepared;
  const model = requestedModel(target, module);
  context.log("asking", {
    url: shown(url),
    stream: module.stream,
    ...defined({ model }),
  });
  const reception = receive(module, context);
  const call = {
    ...prepared,
    method: "POST" as const,
    agent,
    headers: { ...prepared.headers, ...credential.headers },
    proxied: module.proxy !== undefined,
  };
  const done = await exchange(call, reception.receiver, { signal: reception.signal, clock: context.clock });
  const received = reception.close(done);
  const evidence: Observations = {
    ...received,
    exchange: done,
    url,
    ...defined({ requestedModel: model }),
    values,
    secrets: credential.secrets,
  };
  const judged = verdict(evidence, module, question.judge);
  const { answer } = received;
  context.log("answered", {
    status: received.status,
    answer: shownAnswer(answer, credential.secrets),
    finish_reason: answer.finish,
    correct: judged.correct,
    seconds: done.end - done.start,
  });
  return { question, evidence, verdict: judged };
}

/** Everything that has to be in order before something is sent to `url`, or why it is not. */
export async function open(
  target: ProbeTarget,
  module: LlmModule,
  url: URL,
  { signal, network }: ProbeContext,
): Promise<QuestionContext | { readonly refused: Outcome }> {
  const refuse = (reason: FailureReason, detail: string) => ({ refused: failed(reason, detail) });
  const refused = network.check(destinationOf(url));
  if (refused !== undefined) return { refused };
  const credential = await credentialOf(module);
  if ("problem" in credential) return refuse("auth", credential.problem);
  const made = await module.agents(network, url).catch((error: unknown) => describe(error));
  if (typeof made === "string") return refuse("tls", made);
  if (!made.ok) return { refused: made };
  // Reading files took time; the deadline may have passed with it.
  if (signal.aborted) return refuse("timeout_connect", "no time was left to connect");
  return { target, module, credential, agent: made.agents };
}

/** The headers that carry what is secret, and the secrets in them; or why there are none. */
export type Credential =
  | { readonly headers: Readonly<Record<string, string>>; readonly secrets: readonly string[] }
  | { readonly problem: string };

/** Reads the key and the headers of a module. */
export async function credentialOf(module: LlmModule): Promise<Credential> {
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
