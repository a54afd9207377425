import { defined } from "../../core/defined.ts";
import { excerpt } from "../../core/excerpt.ts";
import { isEdition } from "../../core/money.ts";
import { type Failure, failed, type Outcome, succeeded } from "../../core/prober.ts";
import { NO_ROOM } from "../response-memory.ts";
import type { Answer } from "./answer/answer.ts";
import { shownAnswer } from "./answer/answer.ts";
import { failureOfApi } from "./api-error.ts";
import type { Exchange } from "./exchange.ts";
import { describe, reasonOfConnection, reasonOfTimeout } from "./failure.ts";
import type { Judge } from "./judge/judge.ts";
import type { PromptValues } from "./judge/prompt.ts";
import type { AcceptsModel, LlmModule } from "./options.ts";
import type { LlmReason } from "./reasons.ts";
import type { PartialResponse } from "./receive.ts";
import { tokensReceived } from "./token-limit.ts";

/** The raw observations of one exchange, before any judgement. */
export interface Observations extends PartialResponse {
  readonly exchange: Exchange;
  readonly url: URL;
  readonly requestedModel?: string;
  /** False if the request named no model although the API has a field for it. */
  readonly namesModel: boolean;
  /** Values of the placeholders in the question. */
  readonly values: PromptValues;
  /** Texts that must not be shown. */
  readonly secrets: readonly string[];
}

/** The verdict on one answer. Alive (`answered`) and `correct` are independent. */
export interface LlmVerdict {
  readonly outcome: Outcome<LlmReason>;
  /** True if the model produced any answer, right or wrong; absent if that cannot be told, as a filter refused the prompt. */
  readonly answered?: boolean;
  /** True if the answer meets every expectation; absent without a complete answer. */
  readonly correct?: boolean;
  /** True if a different model answered than the one requested or allowed; absent if that cannot be told. */
  readonly mismatch?: boolean;
}

/** Decides what the observations mean. */
export function verdictOf(evidence: Observations, module: LlmModule, judge: Judge): LlmVerdict {
  const mismatch = isMismatch(evidence, module);
  const outcome = failureOfExchange(evidence, module);
  if (outcome === undefined && evidence.limitIgnored)
    return { outcome: limitIgnored(evidence, module), answered: true, ...defined({ mismatch }) };
  const verdict =
    outcome === undefined ? judgeAnswer(evidence, module, judge, mismatch) : notAnswered(outcome);
  return { ...verdict, ...defined({ mismatch }) };
}

/** A model that was not asked, because its prompt was filtered, is neither available nor unavailable. */
const notAnswered = (outcome: Outcome<LlmReason>): LlmVerdict =>
  !outcome.ok && outcome.reason === "refused" ? { outcome } : { outcome, answered: false };

/** Returns the failure of an exchange without a complete answer, or `undefined` if there is one. */
function failureOfExchange(evidence: Observations, module: LlmModule): Outcome<LlmReason> | undefined {
  const { exchange, status, answer, secrets } = evidence;
  const { ending, progress } = exchange;
  const show = (text: string): string => excerpt(text, secrets);
  const ofApi = failureOfApi(evidence, module);
  if (ofApi !== undefined) return ofApi;
  const { filteredPrompt } = answer;
  if (filteredPrompt !== undefined && (filteredPrompt.certain || answer.ended))
    return failed("refused", `the prompt was filtered (${show(filteredPrompt.given)}); ${soFar(evidence)}`);
  if (evidence.limitIgnored) return undefined;
  if (ending.kind === "no_room") return failed("queue_timeout", NO_ROOM);
  if (ending.kind === "too_large") return failed("too_large", "the answer is longer than 8 MiB");
  if (evidence.stalled)
    return failed("stalled", `no further piece of the answer within stall_timeout; ${soFar(evidence)}`);
  if (ending.kind === "aborted" && !answer.ended) {
    const reason = reasonOfTimeout(progress, module.stream, answer.times.count > 0);
    return failed(reason, `deadline passed while ${progress}; ${soFar(evidence)}`);
  }
  if (ending.kind === "failed" && status === undefined) {
    return failed(
      reasonOfConnection(ending.error, progress, evidence.url.hostname, module.proxy !== undefined),
      show(describe(ending.error)),
    );
  }
  if (answer.finish === "other" && isAlive(answer)) {
    const given = show(answer.finishGiven ?? "");
    return failed(
      module.stream ? "stream_error" : "server_error",
      `finish reason ${given} does not stand for a complete answer; ${soFar(evidence)}`,
    );
  }
  // Gateways end a stream properly although its source was cut off; an answer that came whole cannot be.
  if (answer.finish === undefined && answer.ended && answer.times.count > 0)
    return failed("stream_error", `the stream ended without a finish reason; ${soFar(evidence)}`);
  if (answer.ended || answer.finish !== undefined) return undefined;
  const cause = ending.kind === "failed" ? `: ${show(describe(ending.error))}` : "";
  const reason = module.stream && evidence.began ? "stream_error" : "network";
  return failed(reason, `cut off${cause}; ${soFar(evidence)}`);
}

const limitIgnored = (evidence: Observations, { maxTokens }: LlmModule): Failure<LlmReason> =>
  failed(
    "limit_ignored",
    `about ${tokensReceived(evidence.answer)} tokens came for a limit (max_tokens) of ${maxTokens}; ${soFar(evidence)}`,
  );

const soFar = ({ answer, secrets }: Observations): string =>
  isAlive(answer) ? `answer so far: ${shownAnswer(answer, secrets)}` : "no answer so far";

const isAlive = ({ output, signs }: Answer): boolean => output !== "" || signs.size > 0;

/** Longest answer that is judged, in characters, unless `max_tokens` allows a longer one: a longer one would delay other probes. */
const LONGEST_JUDGED = 2 ** 20;

/** Characters of a long token. */
const LONGEST_TOKEN = 8;

/** Judges a complete answer. */
function judgeAnswer(
  evidence: Observations,
  module: LlmModule,
  judge: Judge,
  mismatch: boolean | undefined,
): LlmVerdict {
  const { answer, secrets } = evidence;
  const shown = shownAnswer(answer, secrets);
  if (answer.finish === "content_filter" || (answer.refusal !== "" && answer.output === "")) {
    const text = answer.refusal === "" ? shown : excerpt(answer.refusal, secrets);
    const outcome = failed("refused", `finish reason ${answer.finish ?? "none"}: ${text}`);
    // Without anything from the model, the filter may have refused the prompt.
    return isAlive(answer) || (answer.usage.output ?? 0) > 0
      ? { outcome, answered: true, correct: false }
      : { outcome };
  }
  if (isEmpty(answer, judge)) {
    // Some APIs count reasoning without showing it, so that it can use up all tokens unseen.
    const truncated = answer.finish === "length";
    const outcome = truncated
      ? failed("truncated", "the token limit was reached before any answer")
      : failed(
          "empty",
          `the answer is empty (finish reason ${excerpt(answer.finishGiven ?? "none", secrets)})`,
        );
    return { outcome, answered: truncated || isAlive(answer), correct: false };
  }
  const longest = Math.max(LONGEST_JUDGED, LONGEST_TOKEN * module.maxTokens);
  if (answer.output.length > longest)
    return {
      outcome: failed(
        "too_large",
        `an answer of ${answer.output.length} characters, want at most ${longest}`,
      ),
      answered: true,
    };
  const violations = judge.violations(answer, evidence.values);
  const correct = violations.length === 0;
  if (module.acceptsModel !== undefined && mismatch !== false) {
    const name = answer.model === undefined ? "no model" : excerpt(answer.model, secrets);
    return { outcome: failed("model_mismatch", `answered by ${name}`), answered: true, correct };
  }
  if (module.acceptsServedBy !== undefined && !isServedAsAllowed(evidence, module.acceptsServedBy)) {
    const name = evidence.servedBy === undefined ? "unknown" : excerpt(evidence.servedBy, secrets);
    const detail = `served by ${name}, which allowed_served_by does not match`;
    return { outcome: failed("model_mismatch", detail), answered: true, correct };
  }
  if (correct) return { outcome: succeeded, answered: true, correct };
  const reason = answer.finish === "length" ? "truncated" : "content_mismatch";
  // Violations may quote the answer too: a JSON path consists of its keys.
  const wrong = excerpt(violations.join("; "), secrets);
  return { outcome: failed(reason, `${wrong} in: ${shown}`), answered: true, correct };
}

const isServedAsAllowed = ({ servedBy }: Observations, accepts: AcceptsModel): boolean =>
  servedBy !== undefined && accepts(servedBy);

/** Returns true if there is nothing to judge: no text or expected tool call, or a vector without numbers. */
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
