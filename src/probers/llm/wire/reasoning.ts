import { type JsonObject } from "../../../core/json-object.ts";
import { listOf, objectOf, textOf } from "./json.ts";
import { textPiece } from "./pieces.ts";
import type { Piece } from "./types.ts";

/**
 * Reads the reasoning in a message or a delta: `reasoning` in vLLM and OpenRouter, `reasoning_content` in DeepSeek,
 * `reasoning_details` in OpenRouter. Servers that send several of them send the same text, so that only the first counts.
 */
export function reasoningOf(message: JsonObject): readonly Piece[] {
  const text = textOf(message["reasoning"]) ?? textOf(message["reasoning_content"]);
  if (text !== undefined) return textPiece("reasoning", text);
  return thoughts(listOf(message["reasoning_details"]).map(objectOf));
}

/** Reads a part of the content that is reasoning; `undefined` for any other part. */
export function reasoningPart(part: JsonObject): readonly Piece[] | undefined {
  switch (part["type"]) {
    // Mistral: `thinking` is a list of parts.
    case "thinking":
      return Array.isArray(part["thinking"])
        ? part["thinking"].flatMap((thought) => textPiece("reasoning", objectOf(thought)["text"]))
        : textPiece("reasoning", part["thinking"]);
    // Databricks: `summary` is a list of parts.
    case "reasoning":
      return thoughts([...listOf(part["summary"]), ...listOf(part["content"]), part].map(objectOf));
    default:
      return undefined;
  }
}

/** Reads parts of one piece of reasoning, whose text may be encrypted: then it is a sign of life without text. */
function thoughts(parts: readonly JsonObject[]): readonly Piece[] {
  if (parts.length === 0) return [];
  const texts = parts.map((part) => textOf(part["text"]) ?? textOf(part["summary"]) ?? "");
  const isThought =
    texts.some((text) => text !== "") || parts.some((part) => textOf(part["data"]) !== undefined);
  return isThought ? [{ kind: "text", part: "reasoning", text: texts.join("") }] : [];
}
