import { anthropic } from "./anthropic.ts";
import { azureOpenai } from "./azure-openai.ts";
import { bedrock } from "./bedrock.ts";
import { cohere } from "./cohere.ts";
import { gemini } from "./gemini.ts";
import { ollama } from "./ollama.ts";
import { openai } from "./openai.ts";
import { openaiEmbeddings } from "./openai-embeddings.ts";
import { openaiResponses } from "./openai-responses.ts";
import { tgi } from "./tgi.ts";
import type { WireFormat } from "./types.ts";

/** All wire formats. The values of the option `api` are taken from this list. */
export const WIRE_FORMATS = [
  openai,
  openaiResponses,
  anthropic,
  ollama,
  azureOpenai,
  gemini,
  cohere,
  bedrock,
  tgi,
  openaiEmbeddings,
] as const satisfies readonly WireFormat[];

/** Name of a wire format: a value of the option `api`. */
export type Api = (typeof WIRE_FORMATS)[number]["api"];

/** Returns the format of that name. */
export function wireFormat(api: Api): WireFormat {
  const found = WIRE_FORMATS.find((format) => format.api === api);
  if (found === undefined) throw new Error(`no wire format ${api}`);
  return found;
}
