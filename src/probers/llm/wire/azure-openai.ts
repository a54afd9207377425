import { openai } from "./openai.ts";
import type { PromptRequest, WireFormat, WireRequest } from "./types.ts";

/** Latest stable version, which deployments of any age support. */
const DEFAULT_VERSION = "2024-10-21";

/**
 * Azure OpenAI by deployment: the model is the name of a deployment. Answers are those of `openai`, with some chunks that
 * have no choices. For the newer API without versions, use `openai` at `/openai/v1`.
 * https://learn.microsoft.com/azure/ai-services/openai/reference
 */
export const azureOpenai = {
  ...openai,
  api: "azure_openai",
  abilities: {
    ...openai.abilities,
    options: ["max_tokens_field", "api_version"],
    needsModel: true,
    namesDeployment: true,
  },
  credential: (key) => ({ "api-key": key }),
  endpoint: ({ model = "", special }) => ({
    prefix: "/openai",
    path: `/deployments/${encodeURIComponent(model)}/chat/completions`,
    query: { "api-version": special.api_version ?? DEFAULT_VERSION },
  }),
  request,
  errorReasons: {
    ...openai.errorReasons,
    // Azure repeats the HTTP status as the error code.
    "401": "auth",
    OperationNotSupported: "bad_request",
  },
} as const satisfies WireFormat;

function request(question: PromptRequest): WireRequest {
  const { model: _model, ...body } = openai.request(question).body;
  return { body };
}
