import type { Agents } from "got";
import type { ProbeContext, ProbeTarget } from "../../core/prober.ts";
import type { Credential } from "./credential.ts";
import { exchange } from "./exchange.ts";
import type { LlmModule } from "./options.ts";
import { newValues } from "./prompt.ts";
import type { Question } from "./questions.ts";
import { receive } from "./receive.ts";
import { prepare, requestedModel, shown } from "./request.ts";
import { shownAnswer } from "./said.ts";
import { type Evidence, type Verdict, verdict } from "./verdict.ts";

/** What all questions of a probe have in common. */
export interface Opened {
  readonly target: ProbeTarget;
  readonly module: LlmModule;
  readonly credential: Exclude<Credential, { readonly problem: string }>;
  readonly agent: Agents;
}

/** What came of one question. */
export interface Asked {
  readonly question: Question;
  readonly evidence: Evidence;
  readonly verdict: Verdict;
}

/** Asks one question and judges the answer. Never rejects. */
export async function askQuestion(
  { target, module, credential, agent }: Opened,
  question: Question,
  context: ProbeContext,
): Promise<Asked> {
  const values = newValues();
  const prepared = prepare(target, module, question, values);
  if ("want" in prepared) throw new Error(`a target that was asked before has no ${prepared.part}`);
  const { url } = prepared;
  const model = requestedModel(target, module);
  context.log("asking", {
    url: shown(url),
    stream: module.stream,
    ...(model === undefined ? {} : { model }),
  });
  const reception = receive(module, context);
  const call = {
    ...prepared,
    method: "POST" as const,
    agent,
    headers: { ...prepared.headers, ...credential.headers },
    proxied: module.proxy !== undefined,
    refusesAddress: (ip: string) => module.access.refusesAddress(target, url, ip),
  };
  const done = await exchange(call, reception.receiver, { signal: reception.signal, clock: context.clock });
  const received = reception.close(done);
  const evidence: Evidence = {
    ...received,
    exchange: done,
    url,
    ...(model === undefined ? {} : { requestedModel: model }),
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
