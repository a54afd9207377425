import { isObject, type JsonObject } from "../../../core/json-object.ts";
import { firstOf, objectOf } from "./json.ts";
import type { Piece } from "./types.ts";

/**
 * Reads the results of Azure's filter for the prompt. They stand in the first chunk of every stream and beside every whole
 * answer; the prompt was filtered if they say so or if no answer is beside them.
 * @param whole true for a whole answer, which has choices unless the prompt was filtered
 */
export function promptFilter(answer: JsonObject, whole: boolean): readonly Piece[] {
  const results = answer["prompt_filter_results"] ?? answer["prompt_annotations"];
  if (!Array.isArray(results) || firstOf(answer["choices"]) !== undefined) return [];
  const categories = results.flatMap((result) =>
    Object.entries(
      objectOf(objectOf(result)["content_filter_results"] ?? objectOf(result)["content_filter_result"]),
    ),
  );
  const filtered = categories.flatMap(([name, value]) =>
    isObject(value) && value["filtered"] === true ? [name] : [],
  );
  return [
    {
      kind: "filtered_prompt",
      certain: whole || filtered.length > 0,
      given: ["prompt_filter_results", ...filtered].join(" "),
    },
    ...(whole ? [{ kind: "end" } as const] : []),
  ];
}
