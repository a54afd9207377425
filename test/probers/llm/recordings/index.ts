import { anthropicRecordings } from "./anthropic.ts";
import { azureRecordings } from "./azure-openai.ts";
import { bedrockRecordings } from "./bedrock.ts";
import { cohereRecordings } from "./cohere.ts";
import { embeddingsRecordings } from "./embeddings.ts";
import { geminiRecordings } from "./gemini.ts";
import { ollamaRecordings } from "./ollama.ts";
import type { Recording } from "./recording.ts";
import { openaiResponsesRecordings } from "./responses.ts";
import { tgiRecordings } from "./tgi.ts";

/** Recordings of every format except `openai`, which has tests of its own. */
export const recordings: readonly Recording[] = [
  ...openaiResponsesRecordings,
  ...anthropicRecordings,
  ...ollamaRecordings,
  ...azureRecordings,
  ...geminiRecordings,
  ...cohereRecordings,
  ...bedrockRecordings,
  ...tgiRecordings,
  ...embeddingsRecordings,
];
