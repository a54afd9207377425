import { isObject, type JsonObject } from "../../../core/json-object.ts";
import { codesIn } from "./error-codes.ts";
import { countOf, firstOf, objectOf, textOf } from "./json.ts";
import { withLoading } from "./openai-error.ts";
import { finishPiece, malformedPiece, textPiece, usagePiece } from "./pieces.ts";
import type { ApiError, FinishReason, Piece, PromptRequest, WireFormat, WireRequest } from "./types.ts";

/**
 * The native API of text-generation-inference, which continues the prompt as it is, without a chat template. For its
 * compatible route, use `openai`. https://huggingface.github.io/text-generation-inference
 */
export const tgi = {
  api: "tgi",
  abilities: { options: [], system: false, tools: () => false, answer: "text", needsModel: false },
  framing: "sse",
  fields: { inputs: "prompt", stream: "stream" },
  credential: (key) => ({ authorization: `Bearer ${key}` }),
  endpoint: ({ stream }) => ({ path: stream ? "/generate_stream" : "/generate" }),
  request,
  readFrame: ({ data }) => readEvent(data),
  readWhole,
  readError,
  errorReasons: {
    overloaded: "overloaded",
    unhealthy: "server_error",
    generation: "server_error",
    incomplete_generation: "server_error",
    validation: "bad_request",
  },
} as const satisfies WireFormat;

function request(question: PromptRequest): WireRequest {
  return {
    body: { inputs: question.prompt, parameters: { max_new_tokens: question.maxTokens, details: true } },
  };
}

function readEvent(data: unknown): readonly Piece[] {
  const error = readError(data);
  if (error !== undefined) return [{ kind: "error", error }];
  const event = objectOf(data);
  const token = objectOf(event["token"]);
  return [
    // Special tokens, such as the end of the text, are not output.
    ...(token["special"] === true ? [] : textPiece("output", token["text"])),
    ...(textOf(event["generated_text"]) === undefined &&
    textOf(detailsOf(event)["finish_reason"]) === undefined
      ? []
      : ending(event)),
  ];
}

function readWhole(answer: unknown): readonly Piece[] {
  const error = readError(answer);
  if (error !== undefined) return [{ kind: "error", error }];
  // The route `/` answers with an array of one.
  const whole = objectOf(firstOf(answer) ?? answer);
  if (typeof whole["generated_text"] !== "string")
    return [malformedPiece("the answer has no generated_text")];
  return [...textPiece("output", whole["generated_text"]), ...ending(whole)];
}

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  eos_token: "stop",
  stop_sequence: "stop",
  length: "length",
};

const detailsOf = (answer: JsonObject): JsonObject => objectOf(answer["details"]);

/** The whole text stands in the last event only. Compatible servers omit the details beside it. */
const finishWithoutDetails = (answer: JsonObject): string | undefined =>
  textOf(answer["generated_text"]) === undefined ? undefined : "eos_token";

/** Reads the end of the last event or of a whole answer. */
function ending(answer: JsonObject): readonly Piece[] {
  const details = detailsOf(answer);
  return [
    ...usagePiece({ input: countOf(details["input_length"]), output: countOf(details["generated_tokens"]) }),
    ...finishPiece(FINISH_REASONS, textOf(details["finish_reason"]) ?? finishWithoutDetails(answer)),
    { kind: "end" },
  ];
}

/** Reads `{"error": text, "error_type": type}`. */
function readError(data: unknown): ApiError | undefined {
  const body = objectOf(firstOf(data) ?? data);
  const message = textOf(body["error"]) ?? textOf(objectOf(body["error"])["message"]);
  if (message === undefined) return undefined;
  return withLoading(body, { codes: codesIn(isObject(body["error"]) ? body["error"] : body), message });
}
