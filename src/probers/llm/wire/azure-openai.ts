import { openai } from "./openai.ts";
import type { PromptRequest, WireFormat, WireRequest } from "./types.ts";

/** The last version that is generally available and that deployments of any age speak. */
const DEFAULT_VERSION = "2024-10-21";

/**
 * Azure OpenAI by deployment: the model is the name of the deployment, and answers are OpenAI's, with chunks that have
 * no choices. Its newer API without versions is `openai` at `/openai/v1`.
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
    // Azure repeats the status as the code of an error.
    "401": "auth",
    PermissionDenied: "auth",
    DeploymentNotFound: "model_not_found",
    NoCapacity: "overloaded",
    ServerBusy: "overloaded",
    OperationNotSupported: "bad_request",
  },
} as const satisfies WireFormat;

function request(ask: PromptRequest): WireRequest {
  const { model: _model, ...body } = openai.request(ask).body;
  return { body };
}
