import type { Api } from "../../../../src/probers/llm/wire/index.ts";
import { anthropicReplies } from "./anthropic.ts";
import { azureReplies } from "./azure-openai.ts";
import { bedrockReplies } from "./bedrock.ts";
import type { Case } from "./case.ts";
import { cohereReplies } from "./cohere.ts";
import { geminiReplies } from "./gemini.ts";
import { ollamaReplies } from "./ollama.ts";
import { openaiReplies } from "./openai.ts";
import { embeddingsReplies } from "./openai-embeddings.ts";
import { responsesReplies } from "./openai-responses.ts";
import { tgiReplies } from "./tgi.ts";

/** A reply of one API. */
export interface Reply extends Case {
  readonly api: Api;
}

const of = (api: Api, cases: readonly Case[]): readonly Reply[] => cases.map((each) => ({ api, ...each }));

/** Replies that the mock does not produce: one file per API. */
export const replies: readonly Reply[] = [
  ...of("openai", openaiReplies),
  ...of("anthropic", anthropicReplies),
  ...of("openai_responses", responsesReplies),
  ...of("ollama", ollamaReplies),
  ...of("gemini", geminiReplies),
  ...of("cohere", cohereReplies),
  ...of("bedrock", bedrockReplies),
  ...of("tgi", tgiReplies),
  ...of("openai_embeddings", embeddingsReplies),
  ...of("azure_openai", azureReplies),
];
