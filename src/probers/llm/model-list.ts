import { isObject, type JsonObject } from "../../core/json-object.ts";
import { listOf, objectOf, textOf } from "./wire/json.ts";

/** A list of models, as servers answer it. */
export interface ModelList {
  /** Names in the order of the list, each once. */
  readonly names: readonly string[];
  /** True if the server has more models than it listed. */
  readonly hasMore: boolean;
  has(model: string): boolean;
}

/**
 * Reads a list of models: `{data: [{id}]}` of OpenAI, Anthropic and most compatible servers, `{models: [{name, model}]}` of
 * Ollama, Gemini and Cohere, both together of llama.cpp, or an array of Together.
 * @returns `undefined` if `body` is not a list of models; an empty list is one
 */
export function readModelList(body: unknown): ModelList | undefined {
  const lists = Array.isArray(body) ? [body] : listsIn(objectOf(body));
  if (lists.length === 0) return undefined;
  const names = [...new Set(lists.flat().flatMap(namesOf))];
  const canonical = new Set(names.map(canonicalName));
  return { names, hasMore: hasMore(body), has: (model) => canonical.has(canonicalName(model)) };
}

/** Returns the lists in an object. Some versions of Ollama send null for an empty one. */
const listsIn = (body: JsonObject): readonly (readonly unknown[])[] =>
  [body["data"], body["models"]].filter((list) => Array.isArray(list) || list === null).map(listOf);

/** Returns the names of one model; Mistral lists aliases, and Groq models that are no longer active. */
function namesOf(entry: unknown): readonly string[] {
  if (typeof entry === "string") return [entry];
  const { id, name, model, aliases, active } = objectOf(entry);
  if (active === false) return [];
  return [id, name, model, ...listOf(aliases)].flatMap((value) => textOf(value) ?? []);
}

/** Returns the name without what servers add to it: Gemini's prefix, and the tag that Ollama assumes. */
const canonicalName = (name: string): string => name.replace(/^models\//, "").replace(/:latest$/, "");

const hasMore = (body: unknown): boolean =>
  isObject(body) &&
  (body["has_more"] === true || ["nextPageToken", "next_page_token"].some((key) => textOf(body[key])));

/** Query parameters with which servers that list their models in pages send the longest ones, by API. */
const LONGEST_PAGE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  anthropic: { limit: "1000" },
  cohere: { page_size: "1000" },
  gemini: { pageSize: "1000" },
};

/** Returns the query for a list of models that is as long as the API allows. */
export const listQuery = (api: string): Readonly<Record<string, string>> =>
  Object.hasOwn(LONGEST_PAGE, api) ? (LONGEST_PAGE[api] ?? {}) : {};
