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

/** Returns the reason why the model stopped, if there is one. */
export function finishPiece(
  reasons: Readonly<Record<string, FinishReason>>,
  value: unknown,
): readonly Piece[] {
  const apiReason = textOf(value);
  return apiReason === undefined ? [] : [{ kind: "finish", reason: lookUp(reasons, apiReason) ?? "other" }];
}

/** Returns the token counts, if there are any. */
export function usagePiece(counts: { readonly [Type in keyof Usage]: number | undefined }): readonly Piece[] {
  const usage: Usage = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined));
  return Object.keys(usage).length === 0 ? [] : [{ kind: "usage", usage }];
}

/** Returns a fault: the answer lacks something that the API promises. */
export const malformedPiece = (detail: string): Piece => ({ kind: "fault", reason: "malformed", detail });
