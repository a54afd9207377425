import { catalogue } from "../../catalogue/index.ts";
import { type Sample, sample } from "../../core/metric.ts";
import { tokenSpeed } from "./answer/answer.ts";
import { excerpt } from "./answer/excerpt.ts";
import type { LlmVerdict, Observations } from "./verdict.ts";
import type { Usage } from "./wire/types.ts";

/** Servers name their models as they like, a path of a file included; a label has to end somewhere. */
const LONGEST_MODEL_NAME = 100;

/**
 * The series of one probe; what is not known has none.
 * @param timed the first of its questions, whose times count
 * @param decided the last of them, whose verdict counts
 * @param usages the counts of all, to be summed
 */
export function samplesOf(
  timed: Observations,
  decided: { readonly evidence: Observations; readonly verdict: LlmVerdict },
  usages: readonly Usage[],
): readonly Sample[] {
  return [
    ...phaseSamples(timed),
    ...tokenSamples(timed),
    ...usageSamples(usages),
    ...answerSamples(decided.evidence, decided.verdict),
    ...rateLimitSamples(decided.evidence),
  ];
}

function phaseSamples({ exchange }: Observations): readonly Sample[] {
  return Object.entries(exchange.phases).map(([phase, length]) =>
    sample(catalogue.llmPhaseDuration, length, { phase }),
  );
}

function tokenSamples({ exchange, answer }: Observations): readonly Sample[] {
  const { first, firstOutput, longestSilence } = answer.times;
  const { interTokenLatency, tokensPerSecond } = tokenSpeed(answer);
  const samples: Sample[] = [];
  if (first !== undefined) samples.push(sample(catalogue.llmFirstToken, first - exchange.start));
  if (firstOutput !== undefined)
    samples.push(sample(catalogue.llmFirstOutputToken, firstOutput - exchange.start));
  if (interTokenLatency !== undefined) samples.push(sample(catalogue.llmInterToken, interTokenLatency));
  if (longestSilence > 0) samples.push(sample(catalogue.llmMaxStall, longestSilence));
  if (tokensPerSecond !== undefined) samples.push(sample(catalogue.llmTokensPerSecond, tokensPerSecond));
  if (answer.loadDuration !== undefined) samples.push(sample(catalogue.llmLoadDuration, answer.loadDuration));
  return samples;
}

function usageSamples(usages: readonly Usage[]): readonly Sample[] {
  const sums = new Map<string, number>();
  for (const usage of usages) {
    for (const [type, count] of Object.entries(usage)) sums.set(type, (sums.get(type) ?? 0) + count);
  }
  return Array.from(sums, ([type, count]) => sample(catalogue.llmTokens, count, { type }));
}

function rateLimitSamples({ rateLimits }: Observations): readonly Sample[] {
  return rateLimits.flatMap(({ kind, remaining, resetAt }) => [
    ...(remaining === undefined ? [] : [sample(catalogue.llmRateLimitRemaining, remaining, { kind })]),
    ...(resetAt === undefined ? [] : [sample(catalogue.llmRateLimitReset, resetAt, { kind })]),
  ]);
}

function answerSamples(
  { answer, requestedModel, secrets }: Observations,
  verdict: LlmVerdict,
): readonly Sample[] {
  const samples: Sample[] = [];
  if (verdict.correct !== undefined)
    samples.push(sample(catalogue.llmAnswerCorrect, Number(verdict.correct)));
  if (answer.finish !== undefined)
    samples.push(sample(catalogue.llmFinishReason, 1, { reason: answer.finish }));
  if (answer.model !== undefined) {
    const label = (name: string): string => excerpt(name, secrets, LONGEST_MODEL_NAME);
    const labels = { requested_model: label(requestedModel ?? ""), response_model: label(answer.model) };
    samples.push(sample(catalogue.llmModelInfo, 1, labels));
  }
  if (verdict.mismatch !== undefined)
    samples.push(sample(catalogue.llmModelMismatch, Number(verdict.mismatch)));
  return samples;
}
