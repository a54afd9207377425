import { lookUp, textOf } from "./json.ts";
import type { FinishReason, Piece, Usage } from "./types.ts";

/** Returns a piece of text, if there is any. */
export function textPiece(part: "output" | "reasoning" | "refusal", value: unknown): readonly Piece[] {
  const text = textOf(value);
  return text === undefined ? [] : [{ kind: "text", part, text }];
}

/** Returns the name of the model that answered, if there is one; in Azure's first chunk it is "". */
export function modelPiece(value: unknown): readonly Piece[] {
  const name = textOf(value);
  return name === undefined ? [] : [{ kind: "model", name }];
}

/** Finish reasons that compatible servers pass on from other APIs, in any case. */
const COMMON_FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  eos: "stop",
  eos_token: "stop",
  stop_sequence: "stop",
  end_turn: "stop",
  complete: "stop",
  completed: "stop",
  length: "length",
  max_tokens: "length",
  tool_calls: "tool_calls",
  tool_call: "tool_calls",
  tool_use: "tool_calls",
  function_call: "tool_calls",
  content_filter: "content_filter",
  refusal: "content_filter",
  safety: "content_filter",
};

/** Returns the reason why the model stopped, if there is one. One that is not known to end an answer is `other`. */
export function finishPiece(
  reasons: Readonly<Record<string, FinishReason>>,
  value: unknown,
): readonly Piece[] {
  const given = textOf(value);
  if (given === undefined) return [];
  const reason = lookUp(reasons, given) ?? lookUp(COMMON_FINISH_REASONS, given.toLowerCase()) ?? "other";
  return [{ kind: "finish", reason, given }];
}

/** Returns the token counts, if there are any. */
export function usagePiece(counts: { readonly [Type in keyof Usage]: number | undefined }): readonly Piece[] {
  const usage: Usage = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined));
  return Object.keys(usage).length === 0 ? [] : [{ kind: "usage", usage }];
}

/** Returns a fault: the answer lacks something that the API promises. */
export const malformedPiece = (detail: string): Piece => ({ kind: "fault", reason: "malformed", detail });
