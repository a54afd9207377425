import { isEdition } from "../../core/money.ts";
import { failed, type Outcome, succeeded } from "../../core/prober.ts";
import type { Answer } from "./answer/answer.ts";
import { shownAnswer } from "./answer/answer.ts";
import { excerpt } from "./answer/excerpt.ts";
import type { Exchange } from "./exchange.ts";
import {
  describe,
  reasonOfConnection,
  reasonOfInnerError,
  reasonOfResponse,
  reasonOfTimeout,
} from "./failure.ts";
import type { Judge } from "./judge/judge.ts";
import type { PromptValues } from "./judge/prompt.ts";
import type { LlmModule } from "./options.ts";
import type { LlmReason } from "./reasons.ts";
import type { PartialResponse } from "./receive.ts";

/** Everything that a probe saw. */
export interface Observations extends PartialResponse {
  readonly exchange: Exchange;
  readonly url: URL;
  readonly requestedModel?: string;
  /** What stood for the placeholders of the question. */
  readonly values: PromptValues;
  /** What must not be shown. */
  readonly secrets: readonly string[];
}

export interface LlmVerdict {
  readonly outcome: Outcome<LlmReason>;
  /** The model answered, be it wrongly. */
  readonly answered: boolean;
  /** Whether the answer met every expectation; absent when there is none to judge. */
  readonly correct?: boolean;
  /** Whether another model than was meant answered; absent when nobody can tell. */
  readonly mismatch?: boolean;
}

/** What the evidence means. Alive (`answered`) and correct are two things. */
export function verdict(evidence: Observations, module: LlmModule, judge: Judge): LlmVerdict {
  const mismatch = isMismatch(evidence, module);
  const outcome = failureOfExchange(evidence, module);
  const result =
    outcome === undefined ? judged(evidence, module, judge, mismatch) : { outcome, answered: false };
  return mismatch === undefined ? result : { ...result, mismatch };
}

/** Why there is no complete answer; `undefined` when there is one. */
function failureOfExchange(evidence: Observations, module: LlmModule): Outcome<LlmReason> | undefined {
  const { exchange, status, answer, secrets } = evidence;
  const { ending, progress } = exchange;
  const show = (text: string): string => excerpt(text, secrets);
  if (status !== undefined && (status < 200 || status > 299)) {
    const body = evidence.errorBody.trim() === "" ? "" : `: ${show(evidence.errorBody)}`;
    return failed(reasonOfResponse(status, evidence.apiError, module.format), `HTTP ${status}${body}`);
  }
  if (answer.fault !== undefined) return failed(answer.fault.reason, show(answer.fault.detail));
  if (answer.error !== undefined) {
    const reason = reasonOfInnerError(answer.error, module.format, module.stream);
    return failed(
      reason,
      `error inside the answer: ${show([...answer.error.codes, answer.error.message].join(" "))}`,
    );
  }
  if (ending.kind === "too_large") return failed("too_large", "the answer is longer than 8 MiB");
  if (evidence.stalled) return failed("stalled", `no further piece of the answer; ${soFar(evidence)}`);
  if (ending.kind === "aborted" && !answer.ended) {
    const reason = reasonOfTimeout(progress, module.stream, answer.times.count > 0);
    return failed(reason, `given up while ${progress}; ${soFar(evidence)}`);
  }
  if (ending.kind === "failed" && status === undefined) {
    return failed(
      reasonOfConnection(ending.error, progress, evidence.url.hostname, module.proxy !== undefined),
      show(describe(ending.error)),
    );
  }
  if (answer.ended || answer.finish !== undefined) return undefined;
  const cause = ending.kind === "failed" ? `: ${show(describe(ending.error))}` : "";
  return failed(module.stream ? "stream_error" : "network", `cut off${cause}; ${soFar(evidence)}`);
}

const soFar = ({ answer, secrets }: Observations): string =>
  answer.output === "" && answer.signs.size === 0
    ? "nothing was answered"
    : `answered so far: ${shownAnswer(answer, secrets)}`;

function judged(
  evidence: Observations,
  module: LlmModule,
  judge: Judge,
  mismatch: boolean | undefined,
): LlmVerdict {
  const { answer, secrets } = evidence;
  const said = shownAnswer(answer, secrets);
  const alive = answer.output !== "" || answer.signs.size > 0;
  if (answer.finish === "content_filter" || (answer.refusal !== "" && answer.output === "")) {
    const words = answer.refusal === "" ? said : excerpt(answer.refusal, secrets);
    return {
      outcome: failed("refused", `finish reason ${answer.finish ?? "none"}: ${words}`),
      answered: true,
      correct: false,
    };
  }
  if (isEmpty(answer, judge)) {
    // Some APIs hide the reasoning that used up all tokens, but count it.
    const truncated = answer.finish === "length";
    const outcome = truncated
      ? failed("truncated", "the token limit was reached before any answer")
      : failed("empty", `the answer is empty (finish reason ${answer.finish ?? "none"})`);
    return { outcome, answered: truncated || alive, correct: false };
  }
  const broken = judge.broken(answer, evidence.values);
  const correct = broken.length === 0;
  if (module.acceptsModel !== undefined && mismatch !== false) {
    const name = answer.model === undefined ? "no model" : excerpt(answer.model, secrets);
    return { outcome: failed("model_mismatch", `answered by ${name}`), answered: true, correct };
  }
  if (correct) return { outcome: succeeded, answered: true, correct };
  const reason = answer.finish === "length" ? "truncated" : "content_mismatch";
  // What is wrong may quote the answer too: a path in its JSON is made of its keys.
  const wrong = excerpt(broken.join("; "), secrets);
  return { outcome: failed(reason, `${wrong} in: ${said}`), answered: true, correct };
}

/** Nothing to judge: no text where text was meant, no numbers in a vector. */
function isEmpty({ output, toolCalls, vector }: Answer, judge: Judge): boolean {
  if (vector !== undefined) return vector.dimensions === 0;
  return output.trim() === "" && !(judge.wantsToolCall && toolCalls.length > 0);
}

function isMismatch({ answer, requestedModel }: Observations, module: LlmModule): boolean | undefined {
  if (answer.model === undefined) return undefined;
  if (module.acceptsModel !== undefined) return !module.acceptsModel(answer.model);
  if (requestedModel === undefined || module.format.abilities.namesDeployment === true) return undefined;
  return !isEdition(requestedModel, answer.model);
}
