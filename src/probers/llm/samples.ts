import { excerpt } from "../../core/excerpt.ts";
import type { AnswerFacts } from "../../core/facts.ts";
import { type Sample, sample } from "../../core/metric.ts";
import { exactly, timeBetween } from "../../core/precision.ts";
import { tokenSpeed } from "./answer/answer.ts";
import { LONGEST_MODEL_NAME } from "./facts.ts";
import { llmMetrics } from "./metrics.ts";
import type { LlmVerdict, Observations } from "./verdict.ts";

/**
 * Makes the samples of one probe; what is not known has none.
 * @param timed the observations of its first question, whose times count
 * @param decided those of its last question, whose verdict counts
 */
export const samplesOf = (
  facts: AnswerFacts,
  timed: Observations,
  decided: { readonly evidence: Observations; readonly verdict: LlmVerdict },
): readonly Sample[] => [
  ...phaseSamples(timed),
  ...tokenSamples(facts, timed),
  ...answerSamples(facts, decided.evidence, decided.verdict),
  ...gatewaySamples(facts, decided.evidence),
  ...rateLimitSamples(decided.evidence),
];

function phaseSamples({ exchange }: Observations): readonly Sample[] {
  return Object.entries(exchange.phases).map(([phase, length]) =>
    sample(llmMetrics.phaseDuration, length, { phase }),
  );
}

function tokenSamples(
  { firstToken, interToken, tokens = {} }: AnswerFacts,
  { exchange, answer }: Observations,
): readonly Sample[] {
  const { firstOutput, longestSilence } = answer.times;
  const { tokensPerSecond } = tokenSpeed(answer);
  const samples: Sample[] = [];
  if (firstToken !== undefined) samples.push(sample(llmMetrics.firstToken, firstToken));
  const firstOutputToken =
    firstOutput === undefined ? undefined : timeBetween(exactly(exchange.start), firstOutput);
  if (firstOutputToken !== undefined) samples.push(sample(llmMetrics.firstOutputToken, firstOutputToken));
  if (interToken !== undefined) samples.push(sample(llmMetrics.interToken, interToken));
  if (longestSilence > 0) samples.push(sample(llmMetrics.maxStall, longestSilence));
  if (tokensPerSecond !== undefined) samples.push(sample(llmMetrics.tokensPerSecond, tokensPerSecond));
  if (answer.loadDuration !== undefined) samples.push(sample(llmMetrics.loadDuration, answer.loadDuration));
  for (const [type, count] of Object.entries(tokens))
    samples.push(sample(llmMetrics.tokens, count, { type }));
  return samples;
}

function rateLimitSamples({ rateLimits }: Observations): readonly Sample[] {
  return rateLimits.flatMap(({ kind, remaining, resetAt }) => [
    ...(remaining === undefined ? [] : [sample(llmMetrics.rateLimitRemaining, remaining, { kind })]),
    ...(resetAt === undefined ? [] : [sample(llmMetrics.rateLimitReset, resetAt, { kind })]),
  ]);
}

function gatewaySamples(
  { servedBy }: AnswerFacts,
  { attempts: { fallbacks, retries } }: Observations,
): readonly Sample[] {
  return [
    ...(servedBy === undefined ? [] : [sample(llmMetrics.servedByInfo, 1, { served_by: servedBy })]),
    ...(fallbacks === undefined ? [] : [sample(llmMetrics.gatewayFallbacks, fallbacks)]),
    ...(retries === undefined ? [] : [sample(llmMetrics.gatewayRetries, retries)]),
  ];
}

function answerSamples(
  { model }: AnswerFacts,
  { answer, requestedModel, secrets }: Observations,
  verdict: LlmVerdict,
): readonly Sample[] {
  const samples: Sample[] = [];
  if (verdict.correct !== undefined) samples.push(sample(llmMetrics.answerCorrect, Number(verdict.correct)));
  if (answer.finish !== undefined)
    samples.push(sample(llmMetrics.finishReason, 1, { reason: answer.finish }));
  if (model !== undefined) {
    const requested = excerpt(requestedModel ?? "", secrets, LONGEST_MODEL_NAME);
    samples.push(sample(llmMetrics.modelInfo, 1, { requested_model: requested, response_model: model }));
  }
  if (verdict.mismatch !== undefined)
    samples.push(sample(llmMetrics.modelMismatch, Number(verdict.mismatch)));
  return samples;
}
