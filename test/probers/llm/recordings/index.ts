import { anthropicRecordings } from "./anthropic.ts";
import { azureRecordings } from "./azure-openai.ts";
import { bedrockRecordings } from "./bedrock.ts";
import { cohereRecordings } from "./cohere.ts";
import { embeddingsRecordings } from "./embeddings.ts";
import { geminiRecordings } from "./gemini.ts";
import { ollamaRecordings } from "./ollama.ts";
import { openaiRecordings } from "./openai.ts";
import type { Recording } from "./recording.ts";
import { openaiResponsesRecordings } from "./responses.ts";
import { tgiRecordings } from "./tgi.ts";

/** Recordings of every format; most tests of `openai` have answers of their own. */
export const recordings: readonly Recording[] = [
  ...openaiRecordings,
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
