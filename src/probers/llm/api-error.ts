import { excerpt } from "../../core/excerpt.ts";
import { type Failure, failed } from "../../core/prober.ts";
import type { Answer } from "./answer/answer.ts";
import { reasonOfInnerError, reasonOfResponse } from "./failure.ts";
import type { LlmModule } from "./options.ts";
import { type ErrorFacts, ruleFor } from "./reason-rules.ts";
import type { LlmReason } from "./reasons.ts";
import type { PartialResponse } from "./receive.ts";
import type { ApiError } from "./wire/types.ts";

/** The part of the observations that tells an error of the API. */
export interface ErrorEvidence
  extends Pick<PartialResponse, "status" | "errorBody" | "apiError" | "page" | "answer"> {
  /** False if the request named no model although the API has a field for it. */
  readonly namesModel: boolean;
  readonly secrets: readonly string[];
}

/** Returns the failure of a response that is an error or contains one; `undefined` for an answer. */
export function failureOfApi(evidence: ErrorEvidence, module: LlmModule): Failure<LlmReason> | undefined {
  const { status, answer } = evidence;
  if (status !== undefined && (status < 200 || status > 299)) return errorResponse(status, evidence, module);
  const { fault, error } = answer;
  if (fault !== undefined) return faultyAnswer(fault, evidence, module);
  return error === undefined ? undefined : innerError(error, evidence, module);
}

function errorResponse(status: number, evidence: ErrorEvidence, module: LlmModule): Failure<LlmReason> {
  const { apiError, errorBody, secrets } = evidence;
  const body = errorBody.trim() === "" ? "" : `: ${excerpt(errorBody, secrets)}`;
  const facts = { statuses: [status], codes: apiError?.codes ?? [], body: errorBody };
  const reason = reasonOfResponse(status, evidence, module.format);
  return decided(facts, reason, `HTTP ${status}${body}`, evidence, module);
}

/** A gateway may report an error in a form of its own under a successful status, so that rules apply to it too. */
function faultyAnswer(
  { reason, detail }: NonNullable<Answer["fault"]>,
  evidence: ErrorEvidence,
  module: LlmModule,
): Failure<LlmReason> {
  const shown = excerpt(detail, evidence.secrets);
  if (reason !== "malformed") return failed(reason, shown);
  return decided({ ...innerFacts(evidence), codes: [] }, reason, shown, evidence, module);
}

function innerError(error: ApiError, evidence: ErrorEvidence, module: LlmModule): Failure<LlmReason> {
  const facts = { ...innerFacts(evidence, error.status), codes: error.codes };
  const reason = reasonOfInnerError(error, module.format, module.stream);
  const shown = excerpt([...error.codes, error.message].join(" "), evidence.secrets);
  return decided(facts, reason, `error inside the answer: ${shown}`, evidence, module);
}

const innerFacts = ({ status, answer }: ErrorEvidence, inner?: number): Omit<ErrorFacts, "codes"> => ({
  statuses: [status, inner].filter((each) => each !== undefined),
  body: answer.errorSource ?? "",
});

/** Applies the rules of the module before the built-in reason. */
function decided(
  facts: ErrorFacts,
  builtIn: LlmReason,
  detail: string,
  { namesModel }: ErrorEvidence,
  { reasons }: LlmModule,
): Failure<LlmReason> {
  const rule = ruleFor(reasons, facts);
  if (rule !== undefined) return failed(rule.reason, `${detail} (reason by reasons[${rule.index}])`);
  // A bad request does not count before the first success, and without a model there may never be one.
  return builtIn === "bad_request" && !namesModel
    ? failed(
        "model_not_found",
        `the request names no model (option model), and the server wants one: ${detail}`,
      )
    : failed(builtIn, detail);
}
