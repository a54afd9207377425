import { defined } from "../../core/defined.ts";
import type { Answer } from "./answer/answer.ts";
import { mergeFields } from "./merge-fields.ts";
import type { FormatOptions, WireFormat } from "./wire/types.ts";

/** Rule of thumb for text in UTF-8: English has four characters per token, Chinese one of three bytes. */
const BYTES_PER_TOKEN = 4;

/** Times the token limit of a request after which reading stops: no text has so many bytes per token. */
const EXCESS = 4;

/** Lowest limit that is multiplied: a few tokens say little about their length. */
const LEAST_LIMIT = 16;

/** Returns the tokens that the API counted in an answer, or an estimate if it has not counted so many. */
export const tokensReceived = ({ usage, received }: Answer): number =>
  Math.max(usage.output ?? 0, Math.ceil(received / BYTES_PER_TOKEN));

/**
 * Returns the tokens after which reading stops, because the server ignores `maxTokens`. Returns `undefined` if
 * `extraBody` removes the limit from requests or replaces it, so that the server does not know it.
 */
export function readLimit(
  format: WireFormat,
  {
    model,
    maxTokens,
    special,
    extraBody,
  }: {
    readonly model: string | undefined;
    readonly maxTokens: number;
    readonly special: FormatOptions;
    readonly extraBody: Readonly<Record<string, unknown>>;
  },
): number | undefined {
  const settings = { ...defined({ model }), stream: true, special, prompt: "", tools: [] };
  const bodyWith = (limit: number): string =>
    JSON.stringify(mergeFields(format.request({ ...settings, maxTokens: limit }).body, extraBody));
  return bodyWith(maxTokens) === bodyWith(maxTokens + 1)
    ? undefined
    : EXCESS * Math.max(maxTokens, LEAST_LIMIT);
}
