import { defined } from "../../../core/defined.ts";
import { countOf, firstOf, objectOf } from "./json.ts";
import { OPENAI_ERROR_REASONS, openaiErrorInside, readOpenaiError } from "./openai-error.ts";
import { malformedPiece, modelPiece, usagePiece } from "./pieces.ts";
import type { Piece, PromptRequest, WireFormat, WireRequest } from "./types.ts";

/**
 * OpenAI's embeddings, also spoken by vLLM, llama.cpp, Ollama and others: the answer is a vector.
 * https://platform.openai.com/docs/api-reference/embeddings
 */
export const openaiEmbeddings = {
  api: "openai_embeddings",
  abilities: { options: [], system: false, tools: () => false, answer: "vector", needsModel: false },
  framing: "none",
  fields: { model: "model", input: "prompt", encoding_format: "api" },
  credential: (key) => ({ authorization: `Bearer ${key}` }),
  endpoint: () => ({ root: "/v1", path: "/embeddings" }),
  request,
  readFrame: ({ data }) => readWhole(data),
  readWhole,
  readError: readOpenaiError,
  errorReasons: OPENAI_ERROR_REASONS,
} as const satisfies WireFormat;

function request(question: PromptRequest): WireRequest {
  return {
    body: {
      ...defined({ model: question.model }),
      input: question.prompt,
      encoding_format: "float",
    },
  };
}

function readWhole(answer: unknown): readonly Piece[] {
  const error = openaiErrorInside(answer, false);
  if (error !== undefined) return [{ kind: "error", error }];
  const body = objectOf(answer);
  const vector = objectOf(firstOf(body["data"]))["embedding"];
  if (!Array.isArray(vector)) return [malformedPiece("the answer has no embedding")];
  return [
    ...modelPiece(body["model"]),
    ...usagePiece({ input: countOf(objectOf(body["usage"])["prompt_tokens"]) }),
    { kind: "vector", numbers: vector },
    { kind: "end" },
  ];
}
