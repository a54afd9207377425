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

/** The only list of wire formats: a new one is its file and a line here; the option `api` follows. */
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

/** Name of a wire format, as in the option `api`. */
export type Api = (typeof WIRE_FORMATS)[number]["api"];

/** The format of that name. */
export function wireFormat(api: Api): WireFormat {
  const found = WIRE_FORMATS.find((format) => format.api === api);
  if (found === undefined) throw new Error(`no wire format ${api}`);
  return found;
}
